package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class EncoderTest {

    private static final Tokenizer TOKENIZER =
            BpeTrainer.train(List.of(new SampleText(1).ofLength(60_000)), 1_200, merges -> {});
    private static final Splitter SPLITTER = new Splitter(SplitPattern.NANOCHAT);

    private final Encoder encoder = new Encoder(SPLITTER, TOKENIZER.vocabulary().merges(), null);

    /// The same encoder for all texts, so that its memory of pieces is in play.
    @Property(tries = 200)
    void encodesAsTheNaiveTwin(@ForAll int seed) {
        byte[] text = new SampleText(Math.floorMod(seed, 20))
                .ofLength(Math.floorMod(seed, 700))
                .getBytes(UTF_8);

        assertThat(encoder.encode(text)).isEqualTo(naive(text));
    }

    @Property(tries = 2_000)
    void anyBytesComeBack(@ForAll byte[] text) {
        ByteArrayOutputStream back = new ByteArrayOutputStream();
        for (int id : encoder.encode(text)) {
            back.writeBytes(TOKENIZER.bytes(id));
        }

        assertThat(back.toByteArray()).isEqualTo(text);
        assertThat(encoder.encode(text)).isEqualTo(naive(text));
    }

    /// Pieces of every length around those at which the memory changes its form, also with zeros at their ends.
    @Property(tries = 1)
    void piecesOfAllLengthsAreRememberedApart() {
        for (int length = 0; length < 150; length++) {
            for (String letter : List.of("a", "!", "\0", "é", "的")) {
                byte[] text = ("x" + letter.repeat(length)).getBytes(UTF_8);
                assertThat(encoder.encode(text)).isEqualTo(naive(text));
                assertThat(encoder.encode(text)).isEqualTo(naive(text));
            }
        }
    }

    @Property(tries = 1)
    void theMemoryIsBoundedAndBeginsAnew() {
        Random random = new Random(5);
        for (int round = 0; round < 3; round++) {
            StringBuilder words = new StringBuilder();
            for (int i = 0; i < Encoder.CACHED_PIECES; i++) {
                words.append(' ').append(word(random, 6)).append(' ').append(word(random, 20));
            }
            byte[] text = words.toString().getBytes(UTF_8);

            assertThat(encoder.encode(text)).isEqualTo(naive(text));
            assertThat(encoder.cachedPieces()).isBetween(1, 2 * Encoder.CACHED_PIECES);
        }
    }

    @Property(tries = 1)
    void aLongTextTakesNoMemoryOnceItIsEncoded() {
        byte[] text = "12 ".repeat(Encoder.KEPT_IDS).getBytes(UTF_8);

        assertThat(encoder.encode(text)).hasSizeGreaterThan(Encoder.KEPT_IDS);
        assertThat(encoder.room()).isEqualTo(Encoder.KEPT_IDS);
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }

    private static int[] naive(byte[] text) {
        List<Integer> ids = new ArrayList<>();
        for (int start = 0; start < text.length; ) {
            int end = SPLITTER.end(text, start, text.length);
            byte[] piece = Arrays.copyOfRange(text, start, end);
            for (int id : NaiveBpe.apply(TOKENIZER.vocabulary().merges(), piece)) {
                ids.add(id);
            }
            start = end;
        }
        return ids.stream().mapToInt(id -> id).toArray();
    }
}
