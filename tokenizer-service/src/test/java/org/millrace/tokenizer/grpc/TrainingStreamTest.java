package org.millrace.tokenizer.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.smallrye.mutiny.Multi;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.bpe.SplitPattern;
import org.millrace.proto.tokenizer.v1.TrainResponse;
import org.millrace.tokenizer.Training;

/// A caller is told how it ended, however it ended.
class TrainingStreamTest {

    private static final Training.Order ORDER = new Training.Order("t", 300, 1_000, SplitPattern.NANOCHAT);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Test
    void theLastMessageHasTheVersion() {
        List<TrainResponse> told = stream((order, progress) -> {
                    progress.read(3, 30);
                    progress.merged(35);
                    return 7;
                })
                .collect()
                .asList()
                .await()
                .atMost(PATIENCE);

        assertThat(told.getFirst().getVersion()).isZero();
        assertThat(told.getLast())
                .isEqualTo(TrainResponse.newBuilder()
                        .setMerges(35)
                        .setMergesWanted(35)
                        .setDocuments(3)
                        .setBytes(30)
                        .setVersion(7)
                        .build());
    }

    record End(Throwable cause, Status.Code code) {}

    static List<End> ends() {
        return List.of(
                new End(new Training.NoDocuments("none"), Status.Code.FAILED_PRECONDITION),
                new End(new Training.Busy("at it"), Status.Code.RESOURCE_EXHAUSTED),
                new End(new IOException("no store"), Status.Code.UNAVAILABLE),
                new End(new IllegalStateException("a bug"), Status.Code.INTERNAL),
                new End(new OutOfMemoryError("a large corpus"), Status.Code.INTERNAL));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void aFailureIsTold(End end) {
        Throwable caught = catchThrowable(() -> stream((order, progress) -> {
                    switch (end.cause()) {
                        case Training.NoDocuments e -> throw e;
                        case Training.Busy e -> throw e;
                        case IOException e -> throw e;
                        case RuntimeException e -> throw e;
                        case Error e -> throw e;
                        default -> throw new AssertionError(end.cause());
                    }
                })
                .collect()
                .asList()
                .await()
                .atMost(PATIENCE));

        assertThat(caught).isInstanceOf(StatusRuntimeException.class);
        assertThat(Status.fromThrowable(caught).getCode()).isEqualTo(end.code());
        assertThat(caught).hasMessageContaining(end.cause().getMessage());
    }

    private static Multi<TrainResponse> stream(Training training) {
        return Multi.createFrom().emitter(caller -> TrainingStream.start(training, ORDER, caller));
    }
}
