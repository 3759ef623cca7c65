package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Who answers a call, and what a caller hears of one that fails.
class OwnThreadTest {

    @Test
    void aResponseIsMadeOffTheThreadThatAsksAndOffTheEngines() throws Exception {
        var result = new CompletableFuture<String>();
        var made = new CompletableFuture<Thread>();

        CompletableFuture<String> response = OwnThread.answer(() -> {
                    String said = result.get();
                    made.complete(Thread.currentThread());
                    return said;
                })
                .subscribeAsCompletionStage();
        result.complete("rain"); // as the engine does

        assertThat(response.get(30, TimeUnit.SECONDS)).isEqualTo("rain");
        assertThat(made.get().isVirtual()).isTrue();
    }

    @Test
    void failuresAreToldAsStatuses() {
        assertThat(code(() -> {
                    throw new ExecutionException(new IllegalStateException("out of order"));
                }))
                .isEqualTo(Status.Code.INTERNAL);
        assertThat(code(() -> {
                    throw new IllegalArgumentException("n: expected 1, got 0");
                }))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(code(() -> {
                    throw new IllegalStateException("made to break");
                }))
                .isEqualTo(Status.Code.INTERNAL);
        assertThat(code(() -> {
                    throw Status.NOT_FOUND.asRuntimeException();
                }))
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    private static Status.Code code(OwnThread.Answer<String> answer) {
        var failure = new CompletableFuture<Throwable>();
        OwnThread.answer(answer).subscribe().with(said -> failure.cancel(false), failure::complete);
        return ((StatusRuntimeException) failure.orTimeout(30, TimeUnit.SECONDS).join())
                .getStatus()
                .getCode();
    }
}
