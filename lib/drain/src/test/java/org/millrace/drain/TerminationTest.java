package org.millrace.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sun.misc.Signal;
import sun.misc.SignalHandler;

class TerminationTest {

    private static final Signal TERM = new Signal("TERM");

    private final BlockingQueue<Integer> exits = new LinkedBlockingQueue<>();
    private @Nullable SignalHandler before;

    @BeforeEach
    void keepTheHandler() {
        before = Signal.handle(TERM, SignalHandler.SIG_DFL); // ignored, the JVM would leave it so
    }

    @AfterEach
    void putItBack() {
        Signal.handle(TERM, before);
    }

    @Test
    void aDrainThatEndedWholeIsSuccess() throws InterruptedException {
        assertThat(exitOf(() -> true)).isZero();
    }

    @Test
    void aDrainThatCutCallsOffIsFailure() throws InterruptedException {
        assertThat(exitOf(() -> false)).isOne();
    }

    @Test
    void aDrainThatBreaksOffEndsTheProcessAllTheSame() throws InterruptedException {
        assertThat(exitOf(() -> {
                    throw new IllegalStateException("made to break off");
                }))
                .isOne();
    }

    @Test
    void nothingEndsBeforeTheDrainHas() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        Termination.handle(
                () -> {
                    begun.countDown();
                    return isDownWithinAMinute(answered);
                },
                exits::add);
        Signal.raise(TERM);
        assertThat(isDownWithinAMinute(begun)).isTrue();
        assertThat(exits.poll(100, TimeUnit.MILLISECONDS)).isNull();

        answered.countDown();

        assertThat(exits.poll(1, TimeUnit.MINUTES)).isZero();
    }

    private @Nullable Integer exitOf(BooleanSupplier drain) throws InterruptedException {
        Termination.handle(drain, exits::add);
        Signal.raise(TERM);
        return exits.poll(1, TimeUnit.MINUTES);
    }

    private static boolean isDownWithinAMinute(CountDownLatch latch) {
        try {
            return latch.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
