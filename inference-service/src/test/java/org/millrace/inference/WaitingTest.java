package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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
        assertThat(waiting.peek()).isNull();
        assertThat(waiting.isEmpty()).isTrue();
    }

    @Test
    void theOrderOfEachClassIsThatOfComing() {
        Generation first = add(Priority.USER, 2);
        Generation second = add(Priority.USER, 1);
        List<Generation> order = new ArrayList<>();

        for (int i = 0; i < 3; i++) {
            order.add(Objects.requireNonNull(waiting.peek()).generation());
            waiting.take();
        }

        assertThat(order).containsExactly(first, first, second);
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
            taken.add(Objects.requireNonNull(waiting.peek()).generation().priority());
            waiting.take();
        }
        return taken;
    }
}
