package org.millrace.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

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
                        gate.through(gate.answers(), () -> {
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
        assertThatThrownBy(() -> gate.through(gate.answers(), () -> {
                    throw new CallFailed(Blame.SERVER, "away", null);
                }))
                .isInstanceOf(CallFailed.class);
        assertThatThrownBy(() -> gate.through(gate.answers(), () -> {
                    throw new InterruptedException("cut off");
                }))
                .isInstanceOf(InterruptedException.class);

        assertThat(gate.<String>through(gate.answers(), () -> "served")).isEqualTo("served");
    }

    @Test
    void aBadRequestProvesThatTheServerIsThere() {
        assertThatThrownBy(() -> gate.through(gate.answers(), () -> {
                    throw new CallFailed(Blame.PROMPT, "bad", null);
                }))
                .isInstanceOf(CallFailed.class);

        assertThat(gate.isClosed()).isFalse();
    }

    @Test
    void whoFailsWhileOthersAreAnsweredTellsOfItselfOnly() throws Exception {
        long seen = gate.answers();
        gate.<String>through(seen, () -> "served");

        CallFailed failure = fail(seen);

        assertThat(failure.blame()).isEqualTo(Blame.REQUEST);
        assertThat(failure).hasMessage("too slow");
        assertThat(gate.isClosed()).isFalse();
    }

    @Test
    void whoFailsWhileNobodyIsAnsweredTellsOfTheServer() throws Exception {
        gate.<String>through(gate.answers(), () -> "served");

        CallFailed failure = fail(gate.answers());

        assertThat(failure.blame()).isEqualTo(Blame.SERVER);
        assertThat(gate.isClosed()).isTrue();
    }

    @Test
    void whatWasAnsweredBeforeTheGateClosedIsNoProofThatTheServerIsBack() throws Exception {
        long seen = gate.answers();
        gate.<String>through(seen, () -> "served");
        assertThat(fail(gate.answers()).blame()).isEqualTo(Blame.SERVER);

        CallFailed tried = fail(seen);

        assertThat(tried.blame()).isEqualTo(Blame.SERVER);
        assertThat(gate.isClosed()).isTrue();
    }

    @Test
    void aRefusalOfABadRequestIsNoAnswer() {
        long seen = gate.answers();
        assertThatThrownBy(() -> gate.through(seen, () -> {
                    throw new CallFailed(Blame.REQUEST, "no such model", null);
                }))
                .isInstanceOf(CallFailed.class);

        assertThat(fail(seen).blame()).isEqualTo(Blame.SERVER);
    }

    private CallFailed fail(long seen) {
        return catchThrowableOfType(
                CallFailed.class,
                () -> gate.through(seen, () -> {
                    throw new CallFailed(Blame.SERVER, "too slow", null);
                }));
    }
}
