package org.millrace.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TurnstileTest {

    private static final Duration AT_ONCE = Duration.ZERO;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int GUESTS = 8;

    private final Turnstile turnstile = new Turnstile();

    @Test
    void whoIsInsideIsAwaitedAndCountsOnce() {
        Turnstile.Pass first = turnstile.enter(true).orElseThrow();
        Turnstile.Pass second = turnstile.enter(true).orElseThrow();
        assertThat(turnstile.isClosed()).isFalse();

        assertThat(turnstile.close(AT_ONCE)).isEqualTo(2);
        first.leave();
        first.leave();
        assertThat(turnstile.close(AT_ONCE)).isEqualTo(1);
        second.leave();

        assertThat(turnstile.close(AT_ONCE)).isZero();
        assertThat(turnstile.isClosed()).isTrue();
    }

    @Test
    void whoIsNotAwaitedIsRefusedAllTheSame() {
        Turnstile.Pass free = turnstile.enter(false).orElseThrow();

        assertThat(turnstile.close(AT_ONCE)).isZero();
        free.leave();

        assertThat(turnstile.close(AT_ONCE)).isZero();
        assertThat(turnstile.enter(false)).isEmpty();
        assertThat(turnstile.enter(true)).isEmpty();
        assertThat(turnstile.close(AT_ONCE)).isZero();
    }

    /// Guests come and go until it closes, and some go on asking after that: nobody is inside once it has said so, and
    /// those who ask do not count.
    @RepeatedTest(20)
    void nobodyIsInsideWhenItHasClosed() throws Exception {
        var someoneCame = new CountDownLatch(1);
        var over = new AtomicBoolean();
        var end = new AtomicBoolean();
        var late = new AtomicBoolean();
        try (ExecutorService executor = Executors.newFixedThreadPool(GUESTS)) {
            List<CompletableFuture<Void>> guests = new ArrayList<>();
            for (int i = 0; i < GUESTS; i++) {
                guests.add(CompletableFuture.runAsync(
                        () -> {
                            while (!end.get()) {
                                Optional<Turnstile.Pass> pass = turnstile.enter(true);
                                if (pass.isPresent()) {
                                    someoneCame.countDown();
                                    Thread.yield();
                                    late.compareAndSet(false, over.get());
                                    pass.get().leave();
                                }
                            }
                        },
                        executor));
            }
            assertThat(someoneCame.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

            int left = turnstile.close(SOON);
            over.set(true);
            TimeUnit.MILLISECONDS.sleep(2); // for whoever is inside all the same to find out
            end.set(true);

            assertThat(left).isZero();
            for (CompletableFuture<Void> guest : guests) {
                guest.get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
            assertThat(late).isFalse();
        }
    }
}
