package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The files we write mean to Hugging Face's tokenizers (Rust, by JNI) what they mean to us.
class HuggingFaceParityTest {

    private static final Tokenizer OURS =
            BpeTrainer.train(List.of(new SampleText(11).ofLength(150_000)), 3_000, merges -> {});
    private static HuggingFaceTokenizer theirs;

    @BeforeAll
    static void readOurFile(@TempDir Path dir) throws IOException {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty(
                "DJL_CACHE_DIR", Path.of("target", "djl").toAbsolutePath().toString());
        System.setProperty("OPT_OUT_TRACKING", "true");
        OURS.write(dir);
        theirs = HuggingFaceTokenizer.newInstance(
                dir.resolve("tokenizer.json"), Map.of("addSpecialTokens", "false", "truncation", "false"));
    }

    @AfterAll
    static void close() {
        theirs.close();
    }

    @Test
    void idsAreEqualOnProse() {
        assertSame(new SampleText(11).ofLength(20_000));
        assertSame(new SampleText(12).ofLength(50_000));
    }

    @Test
    void idsAreEqualOnOddities() {
        for (String text : List.of(
                "",
                " ",
                "\n\n \n",
                "it's IT'S we'll WE'LL they've 'Re i'm 'ſ 'K",
                "1 12 123 1234 ١٢٣ Ⅻ ½ 𝟘𝟙𝟚",
                "a\u00a0b\u3000c\u2028d\u0085e\u200bf\u001cg\u000bh\u1680i",
                "tabs\t\tand  spaces   \r\n\r\n  end   ",
                "e\u0301 नमस्ते مرحبا שלום 日本語のテキスト ไทย",
                "👩‍👩‍👧🏳️‍🌈😀",
                "if (x != null) { return y[0] + \"\\n\"; }  // __init__",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "\u0000\u0001\u007f\uFFFD\uFEFF")) {
            assertSame(text);
        }
    }

    @Test
    void idsAreEqualOnRandomCharacters() {
        Random random = new Random(13);
        int[][] ranges = {
            {0, 0x7F},
            {0x80, 0x24F},
            {0x370, 0x5FF},
            {0x2000, 0x206F},
            {0x3000, 0x30FF},
            {0x4E00, 0x4FFF},
            {0x1F300, 0x1F6FF}
        };
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            while (text.length() < 40) {
                int[] range = ranges[random.nextInt(ranges.length)];
                for (int i = random.nextInt(6); i >= 0; i--) {
                    text.appendCodePoint(range[0] + random.nextInt(range[1] - range[0] + 1));
                }
            }
            assertSame(text.toString());
        }
    }

    @Test
    void specialTokensHaveTheSameIds() {
        for (SpecialToken token : SpecialToken.values()) {
            assertThat(theirs.encode(token.text()).getIds()).containsExactly(OURS.id(token));
        }
    }

    @Test
    void theyDecodeWhatWeEncode() {
        String text = new SampleText(14).ofLength(5_000);

        long[] ids = Arrays.stream(OURS.encode(text)).asLongStream().toArray();

        assertThat(theirs.decode(ids)).isEqualTo(text);
    }

    private static void assertSame(String text) {
        long[] expected = theirs.encode(text).getIds();
        long[] got = Arrays.stream(OURS.encode(text)).asLongStream().toArray();
        int difference = Arrays.mismatch(expected, got);
        assertThat(difference)
                .as(() -> "first difference, after: " + OURS.decode(Arrays.copyOf(OURS.encode(text), difference)))
                .isEqualTo(-1);
    }
}
