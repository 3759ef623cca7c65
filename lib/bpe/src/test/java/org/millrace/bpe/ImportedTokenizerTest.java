package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Tokenizers that others have learned: tiktoken's vocabularies, which lie in jtokkit's archive, and what Hugging
/// Face's tokenizers make of the same.
class ImportedTokenizerTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    @BeforeAll
    static void stayOffline() {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty(
                "DJL_CACHE_DIR", Path.of("target", "djl").toAbsolutePath().toString());
    }

    @Test
    void gpt2AsJtokkit() throws IOException {
        assertSame(
                tiktoken("r50k_base", SplitPattern.GPT2),
                Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE));
    }

    @Test
    void gpt4AsJtokkit() throws IOException {
        assertSame(
                tiktoken("cl100k_base", SplitPattern.GPT4),
                Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.CL100K_BASE));
    }

    private static void assertSame(Tokenizer ours, Encoding theirs) {
        for (String text : texts()) {
            assertThat(ours.encode(text)).isEqualTo(theirs.encodeOrdinary(text).toArray());
            assertThat(ours.decode(ours.encode(text))).isEqualTo(text);
        }
    }

    /// Whole pieces first, as Llama 3 has it, and each of the patterns in the shape in which its owner writes it.
    @ParameterizedTest
    @EnumSource(SplitPattern.class)
    void asHuggingFace(SplitPattern pattern) throws IOException {
        Tokenizer tokenizer = tiktoken("cl100k_base", pattern);
        tokenizer.write(dir);
        Path file = dir.resolve("tokenizer.json");
        if (pattern == SplitPattern.GPT2) {
            change(file, root -> {
                ObjectNode bytes = root.putObject("pre_tokenizer").put("type", "ByteLevel");
                bytes.put("add_prefix_space", false).put("trim_offsets", true);
            });
        }

        assertAsHuggingFace(file, texts());
    }

    @Test
    void normalisedAsHuggingFace() throws IOException {
        Tokenizer learned =
                BpeTrainer.train(List.of(new SampleText(31).ofLength(60_000)), 2_000, SplitPattern.QWEN2, merges -> {});
        learned.write(dir);
        Path file = dir.resolve("tokenizer.json");
        change(file, root -> root.putObject("normalizer").put("type", "NFC"));

        assertAsHuggingFace(
                file, texts().stream().map(ImportedTokenizerTest::withOldMarks).toList());
        Tokenizer read = Tokenizer.read(file);
        assertThat(read.changesText()).isTrue();
        assertThat(read.decode(read.encode("e\u0301"))).isEqualTo("é");
        assertThat(read.encode("e\u0301".getBytes(UTF_8))).isEqualTo(read.encode("é"));
    }

    /// GPT-2's end of text stands in the vocabulary too, as if it were text.
    @Test
    void aSpecialTokenInTheVocabularyIsNoText() throws IOException {
        BpeTrainer.train(List.of("mill race"), 265, merges -> {}).write(dir);
        Path file = dir.resolve("tokenizer.json");
        change(file, root -> ((ObjectNode) root.at("/model/vocab")).put("<|bos|>", 256));

        Tokenizer read = Tokenizer.read(file);

        assertThat(read.id(SpecialToken.BOS)).isEqualTo(256);
        assertThat(read.bytes(256)).isEmpty();
        assertThat(read.encode("<|bos|>")).doesNotContain(256).hasSize(7);
    }

    /// The order of marks that Unicode has got since is not known there.
    private static String withOldMarks(String text) {
        return text.codePoints()
                .filter(c -> c < 0x370 || Character.getType(c) != Character.NON_SPACING_MARK)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static void assertAsHuggingFace(Path file, List<String> texts) throws IOException {
        Tokenizer read = Tokenizer.read(file);
        try (HuggingFaceTokenizer theirs =
                HuggingFaceTokenizer.newInstance(file, Map.of("addSpecialTokens", "false", "truncation", "false"))) {
            for (String text : texts) {
                long[] ids = theirs.encode(text, false, false).getIds();
                assertThat(Arrays.stream(read.encode(text)).asLongStream().toArray())
                        .isEqualTo(ids);
            }
        }
    }

    private static List<String> texts() {
        StringBuilder random = new StringBuilder();
        Random characters = new Random(32);
        for (int i = 0; i < 20_000; i++) {
            int range = new int[] {0x7F, 0x24F, 0x5FF, 0x30FF, 0x9FFF}[characters.nextInt(5)];
            random.appendCodePoint(0x20 + characters.nextInt(range));
        }
        return List.of(
                "",
                "The mill's race; WE'LL see 1234567 of it.\n\n  Indented\t(code) == 0x1F;\r\n",
                new SampleText(33).ofLength(40_000),
                random.toString(),
                "a".repeat(3_000),
                "abcabc".repeat(500) + "日本語のテキスト".repeat(40));
    }

    @Test
    void filesOfTiktokenThatAreNone() throws IOException {
        refused(
                "!!! 0",
                "line 1: expected a token of 1 to 1024 bytes in Base64 and a rank of 0 to 1048575, got \"!!! 0\"");
        refused("YQ== 1\nYQ==", "line 2: expected a token of 1 to 1024 bytes");
        refused("YWFh".repeat(400) + " 0", "line 1: expected a token of 1 to 1024 bytes");
        refused("YQ== -1", "line 1");
        refused("YQ== 99999999999", "line 1");
        refused("YQ== 1\nYg== 1", "rank 1 is there twice");
        refused("YQ== 1\nYQ== 2", "token 2 is there twice");
        refused("YQ== 1", "byte 0x00 has no token");
    }

    private void refused(String text, String message) throws IOException {
        Path file = Files.writeString(dir.resolve("bad.tiktoken"), text);
        assertThatThrownBy(() -> Tokenizer.readTiktoken(file, SplitPattern.GPT4, Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    private Tokenizer tiktoken(String name, SplitPattern pattern) throws IOException {
        Path file = dir.resolve(name);
        try (InputStream in = Encoding.class.getResourceAsStream("/com/knuddels/jtokkit/" + name + ".tiktoken")) {
            Files.copy(in, file);
        }
        return Tokenizer.readTiktoken(file, pattern, Map.of("<|endoftext|>", 100_257));
    }

    private static void change(Path file, Consumer<ObjectNode> change) throws IOException {
        ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
        change.accept(root);
        JSON.writeValue(file.toFile(), root);
    }
}
