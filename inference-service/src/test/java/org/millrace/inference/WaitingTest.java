package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.millrace.inference.Generation.Priority;

class WaitingTest {

    private final Waiting waiting = new Waiting(0.1);

    @Test
    void whileBothWaitEveryTenthTurnIsARollouts() {
        add(Priority.ROLLOUT, 50);
        add(Priority.USER, 50);

        List<Priority> turns = take(40);

        for (int i = 0; i < turns.size(); i++) {
            assertThat(turns.get(i)).as("turn %d", i).isEqualTo(i % 10 == 9 ? Priority.ROLLOUT : Priority.USER);
        }
    }

    @Test
    void whoeverIsAloneHasAllTurnsAndOwesNothingForThem() {
        add(Priority.ROLLOUT, 20);
        assertThat(take(20)).containsOnly(Priority.ROLLOUT);
        add(Priority.USER, 20);
        assertThat(take(10)).containsOnly(Priority.USER);
        add(Priority.ROLLOUT, 5);

        assertThat(take(9)).containsOnly(Priority.USER);
        assertThat(take(1)).containsOnly(Priority.ROLLOUT);
    }

    @Test
    void whoHasGoneIsPassedOver() {
        Generation gone = add(Priority.USER, 3);
        add(Priority.ROLLOUT, 1);

        gone.cancel();

        assertThat(take(1)).containsExactly(Priority.ROLLOUT);
        assertThat(waiting.peek(all -> true)).isNull();
        assertThat(waiting.isEmpty()).isTrue();
    }

    @Test
    void theOrderOfEachClassIsThatOfComing() {
        Generation first = add(Priority.USER, 2);
        Generation second = add(Priority.USER, 1);
        List<Generation> order = new ArrayList<>();

        for (int i = 0; i < 3; i++) {
            order.add(turn(all -> true).generation());
        }

        assertThat(order).containsExactly(first, first, second);
    }

    @Test
    void whoMayNotGoYetIsPassedAndKeepsHisPlace() {
        Generation slow = add(Priority.USER, 1);
        Generation quick = add(Priority.USER, 2);

        assertThat(turn(slot -> slot.generation() != slow).generation()).isSameAs(quick);
        assertThat(turn(all -> true).generation()).isSameAs(slow);
        assertThat(turn(all -> true).generation()).isSameAs(quick);
    }

    @Test
    void rolloutsThatMayNotGoAreOwedNoMoreThanOneTurn() {
        add(Priority.ROLLOUT, 50);
        add(Priority.USER, 100);
        for (int i = 0; i < 50; i++) {
            turn(slot -> slot.generation().priority() == Priority.USER);
        }

        assertThat(take(12))
                .filteredOn(priority -> priority == Priority.ROLLOUT)
                .hasSize(2);
    }

    @Test
    void rolloutsPassUsersWhoMayNotGoAsFarAsTheirShareGoes() {
        Predicate<Slot> rollouts = slot -> slot.generation().priority() == Priority.ROLLOUT;
        add(Priority.ROLLOUT, 50);
        assertThat(turn(rollouts)).isNotNull(); // nobody to pass
        add(Priority.USER, 12);

        assertThat(waiting.peek(rollouts)).isNull();
        assertThat(take(9)).containsOnly(Priority.USER);
        assertThat(turn(rollouts)).isNotNull();
        assertThat(waiting.peek(rollouts)).isNull();
    }

    private Slot turn(Predicate<Slot> mayGo) {
        Slot slot = Objects.requireNonNull(waiting.peek(mayGo));
        waiting.take(slot);
        return slot;
    }

    private Generation add(Priority priority, int samples) {
        var generation = new Generation(
                new int[] {1},
                new Sampling(0, 0, 1, 1),
                samples,
                new Generation.Ending(1, true, List.of(), Set.of()),
                Generation.Extras.NONE,
                priority,
                new Answers(samples));
        for (int sample = 0; sample < samples; sample++) {
            waiting.addAll(List.of(new Slot(generation, sample, TinyModel.tokenizer())));
        }
        return generation;
    }

    private List<Priority> take(int turns) {
        List<Priority> taken = new ArrayList<>();
        for (int i = 0; i < turns; i++) {
            taken.add(turn(all -> true).generation().priority());
        }
        return taken;
    }
}
