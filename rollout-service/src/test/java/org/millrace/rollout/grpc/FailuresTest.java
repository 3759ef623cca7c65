package org.millrace.rollout.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.rollout.CallFailed;
import org.millrace.rollout.CallFailed.Blame;

class FailuresTest {

    /// By whose fault one call seems to have failed. What others got, the gate knows.
    private static final Map<Status.Code, Blame> TABLE = new EnumMap<>(Map.ofEntries(
            Map.entry(Status.Code.OK, Blame.REQUEST), // an answer that broke off without an error
            Map.entry(Status.Code.CANCELLED, Blame.SERVER),
            Map.entry(Status.Code.UNKNOWN, Blame.REQUEST),
            Map.entry(Status.Code.INVALID_ARGUMENT, Blame.PROMPT),
            Map.entry(Status.Code.DEADLINE_EXCEEDED, Blame.SERVER),
            Map.entry(Status.Code.NOT_FOUND, Blame.REQUEST),
            Map.entry(Status.Code.ALREADY_EXISTS, Blame.REQUEST),
            Map.entry(Status.Code.PERMISSION_DENIED, Blame.SERVER),
            Map.entry(Status.Code.RESOURCE_EXHAUSTED, Blame.REQUEST), // it does not say that it is busy
            Map.entry(Status.Code.FAILED_PRECONDITION, Blame.SERVER),
            Map.entry(Status.Code.ABORTED, Blame.REQUEST),
            Map.entry(Status.Code.OUT_OF_RANGE, Blame.PROMPT),
            Map.entry(Status.Code.UNIMPLEMENTED, Blame.SERVER),
            Map.entry(Status.Code.INTERNAL, Blame.REQUEST),
            Map.entry(Status.Code.UNAVAILABLE, Blame.SERVER),
            Map.entry(Status.Code.DATA_LOSS, Blame.REQUEST),
            Map.entry(Status.Code.UNAUTHENTICATED, Blame.SERVER)));

    @Test
    void eachStatusNamesWhoIsToBlame() throws InterruptedException {
        Map<Status.Code, Blame> blamed = new EnumMap<>(Status.Code.class);
        for (Status.Code code : Status.Code.values()) {
            blamed.put(
                    code,
                    Failures.explain("policy", code.toStatus().asRuntimeException())
                            .blame());
        }

        assertThat(blamed).isEqualTo(TABLE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BUSY    | queue: expected room for 4 answers, got 254 of 256 places taken",
                "REQUEST | gRPC message exceeds maximum size 16777216: 16777217",
                "REQUEST | Decompressed gRPC message exceeds maximum size 16777216",
                "REQUEST | grpc: received message larger than max (16777217 vs. 16777216)",
            })
    void aFullQueueIsNoMessageThatIsTooLarge(Blame blame, String description) throws InterruptedException {
        CallFailed failure = Failures.explain(
                "policy", Status.RESOURCE_EXHAUSTED.withDescription(description).asRuntimeException());

        assertThat(failure.blame()).isEqualTo(blame);
    }

    @Test
    void theMessageNamesServerCodeAndReason() throws InterruptedException {
        CallFailed failure = Failures.explain(
                "policy",
                Status.RESOURCE_EXHAUSTED.withDescription("message too large").asRuntimeException());

        assertThat(failure).hasMessage("policy: RESOURCE_EXHAUSTED: message too large");
    }

    @Test
    void whoWasToldToStopDoesNotBlameAnybody() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> Failures.explain("policy", Status.CANCELLED.asRuntimeException()))
                .isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
    }
}
