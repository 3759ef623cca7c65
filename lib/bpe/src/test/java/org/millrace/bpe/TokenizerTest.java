package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TokenizerTest {

    private static final String TEXT = new SampleText(3).ofLength(100_000);
    private static final Tokenizer TOKENIZER = BpeTrainer.train(List.of(TEXT), 2_048, merges -> {});

    @Test
    void specialTokensAreTheLastNineIds() {
        assertThat(TOKENIZER.vocabularySize()).isEqualTo(2_048);
        assertThat(TOKENIZER.id(SpecialToken.BOS)).isEqualTo(2_039);
        assertThat(TOKENIZER.id(SpecialToken.OUTPUT_END)).isEqualTo(2_047);
    }

    @Test
    void specialTokensHaveNoText() {
        assertThat(TOKENIZER.bytes(TOKENIZER.id(SpecialToken.BOS))).isEmpty();
        assertThat(TOKENIZER.tokenBytes()[TOKENIZER.id(SpecialToken.ASSISTANT_END)])
                .isZero();
        assertThat(TOKENIZER.decode(TOKENIZER.id(SpecialToken.BOS), 'h', 'i')).isEqualTo("hi");
    }

    @Test
    void learnedTextIsShorterInIds() {
        assertThat(TOKENIZER.encode(TEXT).length).isLessThan(TEXT.getBytes(StandardCharsets.UTF_8).length / 2);
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TOKENIZER.decode(1, 2_048))
                .withMessage("ids[1]: expected 0 to 2047, got 2048");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TOKENIZER.bytes(-1))
                .withMessage("id: expected 0 to 2047, got -1");
    }

    @Test
    void aWordOfAMillionLettersIsNoProblem() {
        String word = "lorem".repeat(200_000);

        int[] ids = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> TOKENIZER.encode(word));

        assertThat(TOKENIZER.decode(ids)).isEqualTo(word);
    }

    @Test
    void ofSpecialTokensThatBeginAlikeTheLongestCounts() {
        Vocabulary plain = BpeTrainer.train(List.of(), 265, merges -> {}).vocabulary();
        SequencedMap<String, Integer> special = new LinkedHashMap<>();
        special.put("<s", 256);
        special.put("<s>!", 257);
        special.put("<s>", 258);
        Tokenizer tokenizer = new Tokenizer(new Vocabulary(
                plain.tokens(), plain.merges(), plain.pattern(), plain.wholePieces(), plain.nfc(), special));

        assertThat(tokenizer
                        .encode(List.of(new Passage("a<s><s>!<s", true, false), new Passage("<s", false, true)))
                        .ids())
                .containsExactly('a', 258, 257, 256, '<', 's');
    }

    @Test
    void threadsMayShareIt() throws Exception {
        int[] expected = TOKENIZER.encode(TEXT);
        Tokenizer fresh = BpeTrainer.train(List.of(TEXT), 2_048, merges -> {});
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Callable<int[]> encode = () -> fresh.encode(TEXT);
            for (Future<int[]> result : threads.invokeAll(List.of(encode, encode, encode, encode))) {
                assertThat(result.get()).isEqualTo(expected);
            }
        }
    }
}
