package org.millrace.drain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnstileTest {

    private static final Duration AT_ONCE = Duration.ZERO;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int ROUNDS = 20_000;

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

    /// A guest comes and goes as fast as he can until he is refused, while somebody closes at a random
    /// moment: if nobody was inside then, nobody is any more.
    @Test
    void whatWasClosedEmptyStaysEmpty() throws Exception {
        List<Turnstile> turnstiles =
                IntStream.range(0, ROUNDS).mapToObj(i -> new Turnstile()).toList();
        var begun = new AtomicInteger(-1);
        var closedEmpty = new AtomicInteger(-1);
        CompletableFuture<Integer> late = CompletableFuture.supplyAsync(() -> {
            int rounds = 0;
            for (int round = 0; round < ROUNDS; round++) {
                begun.set(round);
                Optional<Turnstile.Pass> pass = turnstiles.get(round).enter(true);
                while (pass.isPresent()) {
                    spin(20);
                    rounds += closedEmpty.get() == round ? 1 : 0;
                    pass.get().leave();
                    pass = turnstiles.get(round).enter(true);
                }
            }
            return rounds;
        });

        var random = new SplittableRandom(1);
        int empty = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long end = System.nanoTime() + SOON.toNanos();
            while (begun.get() < round) {
                assertThat(System.nanoTime()).as("guest's round %d", round).isLessThan(end);
                Thread.onSpinWait();
            }
            spin(random.nextInt(100));
            if (turnstiles.get(round).close(AT_ONCE) == 0) {
                closedEmpty.set(round);
                empty++;
            }
        }

        assertThat(late.get(SOON.toSeconds(), TimeUnit.SECONDS)).as("rounds").isZero();
        assertThat(empty).as("rounds in which nobody was inside").isPositive();
    }

    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    /// Who goes on asking after it was closed does not count.
    @Test
    void whoIsRefusedIsNotAwaited() throws Exception {
        turnstile.close(AT_ONCE);
        CompletableFuture<Void> guest = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 10 * ROUNDS; i++) {
                turnstile.enter(true).ifPresent(Turnstile.Pass::leave);
            }
        });

        int most = 0;
        while (!guest.isDone()) {
            most = Math.max(most, turnstile.close(SOON));
        }

        assertThat(most).isZero();
        guest.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
}
