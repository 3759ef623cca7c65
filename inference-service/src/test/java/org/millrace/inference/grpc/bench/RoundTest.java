package org.millrace.inference.grpc.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RoundTest {

    @Test
    @Timeout(30)
    void endsWithTheFirstErrorOfACaller() {
        Round round = new Round(2, Duration.ofHours(1));
        round.count(3);
        var cause = new IllegalArgumentException("INVALID_ARGUMENT: model");

        round.fail(cause);

        assertThatIllegalStateException().isThrownBy(round::awaitTime).withCause(cause);
        assertThatIllegalStateException().isThrownBy(round::awaitCallers).withCause(cause);
    }

    @Test
    void noTokenIsNoRate() {
        assertThatIllegalStateException()
                .isThrownBy(() -> new Round(1, Duration.ZERO).awaitTime())
                .withMessage("no token in 0 s");
    }

    @Test
    void isOverWhenEachCallerHasLeft() throws InterruptedException {
        Round round = new Round(2, Duration.ZERO);
        round.count(3);

        assertThat(round.awaitTime()).isEqualTo(3);
        assertThat(round.goesOn()).isFalse();
        round.leave();
        round.leave();
        round.awaitCallers();
    }
}
