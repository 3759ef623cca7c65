package org.millrace.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.millrace.rollout.CallFailed.Blame;

class GateTest {

    private final Gate gate = new Gate("server", Duration.ofMillis(100));

    @Test
    void aCrowdBeforeAClosedGateTriesAtMostTenTimesASecond() throws InterruptedException {
        AtomicInteger tries = new AtomicInteger();
        AtomicBoolean back = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        List<Thread> crowd = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 50; i++) {
            crowd.add(Thread.ofVirtual().start(() -> {
                while (true) {
                    try {
                        gate.through(() -> {
                            tries.incrementAndGet();
                            if (!back.get()) {
                                throw new CallFailed(Blame.SERVER, "away", null);
                            }
                            return served.incrementAndGet();
                        });
                        return;
                    } catch (CallFailed e) {
                        assertThat(e).hasMessage("away");
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            }));
        }
        while (System.nanoTime() - start < 1_000_000_000L) {
            Thread.sleep(10);
        }
        int whileAway = tries.get();
        double seconds = (System.nanoTime() - start) / 1e9;

        back.set(true);
        for (Thread caller : crowd) {
            assertThat(caller.join(Duration.ofSeconds(5))).isTrue();
        }

        // before the gate closed each of the crowd may have been under way
        assertThat(whileAway).isBetween(2, 50 + (int) Math.ceil(10 * seconds) + 1);
        assertThat(served).hasValue(50);
        assertThat(gate.isClosed()).isFalse();
    }

    @Test
    void whoTriesAndIsCutOffDoesNotBlockTheOthers() throws Exception {
        assertThatThrownBy(() -> gate.through(() -> {
                    throw new CallFailed(Blame.SERVER, "away", null);
                }))
                .isInstanceOf(CallFailed.class);
        assertThatThrownBy(() -> gate.through(() -> {
                    throw new InterruptedException("cut off");
                }))
                .isInstanceOf(InterruptedException.class);

        assertThat(gate.<String>through(() -> "served")).isEqualTo("served");
    }

    @Test
    void aBadRequestProvesThatTheServerIsThere() {
        assertThatThrownBy(() -> gate.through(() -> {
                    throw new CallFailed(Blame.PROMPT, "bad", null);
                }))
                .isInstanceOf(CallFailed.class);

        assertThat(gate.isClosed()).isFalse();
    }
}
