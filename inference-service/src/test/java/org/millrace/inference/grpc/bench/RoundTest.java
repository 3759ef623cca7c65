package org.millrace.inference.grpc.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

        assertThatIllegalStateException().isThrownBy(round::await).withCause(cause);
    }

    @Test
    void noTokenIsNoRate() {
        Round round = new Round(1, Duration.ZERO);
        round.leave();

        assertThatIllegalStateException().isThrownBy(round::await).withMessage("no token in 0 s");
    }

    @Test
    void isOverWhenEachCallerHasLeft() throws Exception {
        Round round = new Round(2, Duration.ZERO);
        round.count(3);
        round.leave();
        Future<Long> counted = CompletableFuture.supplyAsync(() -> {
            try {
                return round.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(round.goesOn()).isFalse();
        assertThatThrownBy(() -> counted.get(100, TimeUnit.MILLISECONDS))
                .as("one has not left")
                .isInstanceOf(TimeoutException.class);

        round.count(1);
        round.leave();

        assertThat(counted.get(30, TimeUnit.SECONDS)).isEqualTo(4);
    }
}
