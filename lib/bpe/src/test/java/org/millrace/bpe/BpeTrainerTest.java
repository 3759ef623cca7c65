package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BpeTrainerTest {

    @Test
    void theMostFrequentPairComesFirst() {
        Tokenizer trained = train("ab\nab\nab\ncd\ncd", 2);

        assertThat(learned(trained)).containsExactly("ab", "cd");
    }

    @Test
    void equallyFrequentPairsGoByTheirBytes() {
        assertThat(learned(train("zy\nab\nzy\nab\n", 2))).containsExactly("ab", "zy");
    }

    @Test
    void runsOfOneLetterMergeFromTheLeft() {
        Tokenizer trained = train("aaaaa", 1);

        assertThat(trained.encode("aaa")).containsExactly(256, 'a');
    }

    @Test
    void itLearnsFromPiecesOfTheAskedPattern() {
        Tokenizer numbers = BpeTrainer.train(List.of("12345 12345 12345"), 265 + 20, SplitPattern.GPT2, merges -> {});

        assertThat(numbers.encode("12345")).hasSize(1);
    }

    @Test
    void pairsSeenOnceAreNoPattern() {
        Tokenizer trained = train("one time", 50);

        assertThat(trained.vocabularySize()).isEqualTo(265);
    }

    @Test
    void nothingToLearnFromGivesTheBytes() {
        assertThat(BpeTrainer.train(List.of(), 1_000, merges -> {}).vocabularySize())
                .isEqualTo(265);
    }

    @Test
    void progressCountsTheMerges() {
        List<Integer> told = new ArrayList<>();

        BpeTrainer.train(List.of("ab ab ab cd cd"), 268, told::add);

        assertThat(told).containsExactly(1, 2, 3);
    }

    @Test
    void sizesOutOfRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BpeTrainer.train(List.of(), 264, merges -> {}))
                .withMessage("vocabularySize: expected 265 (256 bytes, 9 special tokens) to 200000, got 264");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BpeTrainer.train(List.of(), 200_001, merges -> {}))
                .withMessage("vocabularySize: expected 265 (256 bytes, 9 special tokens) to 200000, got 200001");
    }

    private static Tokenizer train(String text, int merges) {
        return BpeTrainer.train(List.of(text), 265 + merges, made -> {});
    }

    private static List<String> learned(Tokenizer tokenizer) {
        List<String> learned = new ArrayList<>();
        for (int id = 256; id < tokenizer.id(SpecialToken.BOS); id++) {
            learned.add(new String(tokenizer.bytes(id), StandardCharsets.UTF_8));
        }
        return learned;
    }
}
