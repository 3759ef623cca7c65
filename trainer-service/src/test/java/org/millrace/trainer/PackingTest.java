package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackingTest {

    private static Example answer(int length, int from) {
        boolean[] targets = new boolean[length];
        for (int i = from; i < length; i++) {
            targets[i] = true;
        }
        return Example.conversation(new int[length], targets, 1);
    }

    @Test
    void aConversationLongerThanARowIsLeftOut() {
        List<Row> rows = Packing.whole(List.of(answer(10, 5), answer(9, 5)), 8, new Random(0));

        assertThat(rows).hasSize(1);
        assertThat(rows.getFirst().targets()).isEqualTo(4); // tokens 5 to 8 of the second: it just fits
        assertThat(Packing.whole(List.of(answer(10, 1)), 8, new Random(0))).isEmpty();
    }

    @Test
    void aConversationWithoutATargetIsDropped() {
        assertThat(Packing.whole(List.of(answer(4, 4)), 8, new Random(0))).isEmpty();
    }

    @Test
    void shortConversationsShareRows() {
        List<Row> rows = Packing.whole(Collections.nCopies(10, answer(5, 2)), 8, new Random(0));

        assertThat(rows).hasSize(5); // two of four positions each fill a row
        assertThat(rows.getFirst().segments()).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
    }

    @Test
    void epochsGoOnForEverAndEachIsPackedAnew() {
        List<String> made = new ArrayList<>();
        Epochs epochs = new Epochs(1, order -> {
            made.add("epoch");
            return List.of(Packing.alone(new int[] {1, 2}, 4), Packing.alone(new int[] {3, 4}, 4));
        });

        assertThat(epochs.next(3)).hasSize(3);
        assertThat(epochs.next(3)).hasSize(3);
        assertThat(made).hasSize(3);
    }

    @Test
    void epochsThatGoOnGiveTheRowsThatWouldHaveCome() {
        List<Example> documents = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            documents.add(Example.document(new int[] {i, i + 1, i + 2}, 2));
        }
        Epochs whole = new Epochs(7, order -> Packing.stream(documents, 4, order));
        whole.next(6); // of five an epoch
        Epochs resumed = new Epochs(7, order -> Packing.stream(documents, 4, order));
        resumed.restore(whole.state());

        List<Row> expected = whole.next(8);
        List<Row> actual = resumed.next(8);

        for (int i = 0; i < 8; i++) {
            assertThat(actual.get(i).inputs()).isEqualTo(expected.get(i).inputs());
        }
    }

    @Test
    void aSequenceThatDoesNotFitAloneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Packing.alone(new int[5], 4));
    }

    @Test
    void idsOfAnotherTokenizerAreRefused() {
        assertThatExceptionOfType(TrainingFailed.class)
                .isThrownBy(() -> Refusal.check("documents", List.of(Example.document(new int[] {0, 99}, 1)), 50))
                .withMessage("documents[0]: expected ids 0 to 49, got 99: made by another tokenizer?");
        assertThatExceptionOfType(TrainingFailed.class)
                .isThrownBy(() -> Refusal.check("documents", List.of(), 50))
                .withMessage("documents: expected at least 1, got 0");
    }
}
