package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerJsonTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEXT = new SampleText(21).ofLength(20_000);
    private static final Tokenizer TOKENIZER = BpeTrainer.train(List.of(TEXT), 400, merges -> {});

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        TOKENIZER.write(dir);
        file = dir.resolve("tokenizer.json");
    }

    @Test
    void whatIsReadIsWhatWasWritten() throws IOException {
        Tokenizer read = Tokenizer.read(file);
        Path again = Files.createDirectory(dir.resolve("again"));
        read.write(again);

        assertThat(read.encode(TEXT)).isEqualTo(TOKENIZER.encode(TEXT));
        assertThat(again.resolve("tokenizer.json")).hasSameBinaryContentAs(file);
        assertThat(again.resolve("tokenizer_config.json")).hasSameBinaryContentAs(dir.resolve("tokenizer_config.json"));
    }

    @Test
    void mergesMayBePairs() throws IOException {
        change(root -> {
            ArrayNode merges = (ArrayNode) root.at("/model/merges");
            for (int i = 0; i < merges.size(); i++) {
                String[] parts = merges.get(i).textValue().split(" ");
                merges.set(i, JSON.createArrayNode().add(parts[0]).add(parts[1]));
            }
        });

        assertThat(Tokenizer.read(file).encode(TEXT)).isEqualTo(TOKENIZER.encode(TEXT));
    }

    @Test
    void theConfigurationNamesTheEndOfATurn() throws IOException {
        JsonNode config = JSON.readTree(dir.resolve("tokenizer_config.json").toFile());

        assertThat(config.path("eos_token").textValue()).isEqualTo("<|assistant_end|>");
        assertThat(config.path("chat_template").textValue()).isEqualTo(Chat.TEMPLATE);
    }

    @Test
    void noFile() {
        assertThatThrownBy(() -> Tokenizer.read(dir.resolve("missing.json"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void moreMergesThanRanks() throws IOException {
        refusedAfter(
                root -> {
                    ArrayNode merges = model(root).putArray("merges");
                    for (int i = 0; i <= 1 << 20; i++) {
                        merges.add(0);
                    }
                },
                "model.merges: expected at most 1048576 pairs, got an array of 1048577");
    }

    @Test
    void noJson() throws IOException {
        Files.writeString(file, "{\"model\": {\"vocab\":");
        refused("not valid JSON: line 1: Unexpected end-of-input");
        Files.writeString(file, "[1]");
        refused("expected a JSON object");
        Files.writeString(file, "");
        refused("expected a JSON object");
        Files.writeString(file, "{\"a\":".repeat(100_000));
        refused("not valid JSON");
        Files.writeString(file, "{\"version\": 1, \"version\": 2}");
        refused("not valid JSON", "version");
    }

    @Test
    void tooLarge() throws IOException {
        try (FileChannel sparse = FileChannel.open(file, StandardOpenOption.WRITE)) {
            sparse.write(ByteBuffer.wrap(new byte[] {'}'}), 300L << 20);
        }
        refused("expected at most 268435456 bytes");
    }

    @Test
    void fieldsThatAreMissing() throws IOException {
        refusedAfter(root -> root.remove("model"), "model: expected an object, got nothing");
        refusedAfter(root -> model(root).remove("merges"), "model.merges: expected an array, got nothing");
        refusedAfter(root -> model(root).remove("vocab"), "model.vocab: expected an object of 256 to 1048575 tokens");
        refusedAfter(root -> root.remove("pre_tokenizer"), "pre_tokenizer.type: expected \"Sequence\", got nothing");
        refusedAfter(root -> root.remove("decoder"), "decoder.type: expected \"ByteLevel\", got nothing");
        refusedAfter(root -> root.put("added_tokens", 9), "added_tokens: expected an array, got 9");
    }

    @Test
    void fieldsOfTheWrongType() throws IOException {
        refusedAfter(root -> root.put("model", 7), "model: expected an object, got 7");
        refusedAfter(root -> model(root).put("merges", "a b"), "model.merges: expected an array, got \"a b\"");
        refusedAfter(
                root -> vocab(root).put("a", "x"), "model.vocab[\"a\"]: expected an id of 0 to 1048575, got \"x\"");
        refusedAfter(root -> vocab(root).put("a", 1.5), "model.vocab[\"a\"]: expected an id of 0 to 1048575, got 1.5");
        refusedAfter(root -> merges(root).set(0, JSON.createObjectNode()), "model.merges[0]: expected two tokens");
        refusedAfter(root -> merges(root).set(3, "abc"), "model.merges[3]: expected two tokens, got \"abc\"");
        refusedAfter(
                root -> merges(root).set(3, JSON.createArrayNode().add(1).add(2)), "model.merges[3]: expected two");
    }

    @Test
    void idsThatClash() throws IOException {
        refusedAfter(root -> vocab(root).put("b", 97), "model.vocab", "id 97 stands for another token too");
        refusedAfter(root -> vocab(root).put("b", 391), "model.vocab[\"b\"]: id 391 is that of \"<|bos|>\"");
        refusedAfter(root -> vocab(root).put("b", 1 << 20), "expected an id of 0 to 1048575, got 1048576");
        refusedAfter(root -> vocab(root).put("b", -1), "model.vocab[\"b\"]: expected an id of 0 to 1048575, got -1");
        refusedAfter(root -> vocab(root).put("b", 1L << 40), "model.vocab[\"b\"]: expected an id of 0 to 1048575");
        refusedAfter(root -> added(root, 0).put("id", 97), "model.vocab[\"a\"]: id 97 is that of \"<|bos|>\"");
        refusedAfter(root -> added(root, 0).put("id", 392), "added_tokens[1].content", "is there twice");
        refusedAfter(root -> added(root, 1).put("content", "<|bos|>"), "added_tokens[1].content", "is there twice");
        refusedAfter(root -> added(root, 1).put("content", ""), "added_tokens[1].content: expected a text");
    }

    @Test
    void mergesThatDoNotFit() throws IOException {
        refusedAfter(root -> merges(root).set(5, "q zzzz"), "model.merges[5]: \"zzzz\" is not in model.vocab");
        refusedAfter(root -> merges(root).set(5, merges(root).get(4)), "model.merges");
        refusedAfter(root -> merges(root).add(merges(root).get(0)), "the same pair as merges[0]");
        refusedAfter(root -> merges(root).remove(merges(root).size() - 1), "model.merges: none makes token 390");
        refusedAfter(root -> merges(root).add("\u0120 q\u0120q"), "is not in model.vocab");
    }

    /// They would come out of text, and text would be lost.
    @Test
    void specialTokensThatAreText() throws IOException {
        String token =
                merges(JSON.readValue(file.toFile(), ObjectNode.class)).get(0).textValue();
        String made = token.replace(" ", "");
        refusedAfter(
                root -> added(root, 0).put("content", "a").put("id", 97),
                "model.vocab: byte 0x61: \"a\" is not in model.vocab, or a special token");
        refusedAfter(
                root -> added(root, 0).put("content", made).put("id", 256),
                "model.merges[0]: \"" + made + "\" is not in model.vocab, or a special token");
    }

    @Test
    void tokensThatAreNoBytes() throws IOException {
        refusedAfter(root -> rename(root, "b", "語"), "expected byte-level characters, got U+8A9E");
        refusedAfter(root -> rename(root, "b", ""), "model.vocab[\"\"]: expected at least one byte");
        refusedAfter(root -> rename(root, "b", "qqq"), "byte 0x62: \"b\" is not in model.vocab");
    }

    @Test
    void whateverGivesOtherIdsThere() throws IOException {
        refusedAfter(root -> root.putObject("normalizer").put("type", "NFKC"), "normalizer.type: expected \"NFC\"");
        refusedAfter(
                root -> root.putObject("post_processor").put("type", "x"),
                "post_processor: expected null, ByteLevel or TemplateProcessing");
        refusedAfter(
                root -> ((ObjectNode) root.at("/pre_tokenizer/pretokenizers/0/pattern")).put("Regex", "\\w+"),
                "pre_tokenizer.pretokenizers[0].pattern.Regex: expected",
                "got \"\\\\w+\"");
        refusedAfter(
                root -> ((ObjectNode) root.at("/pre_tokenizer/pretokenizers/1")).put("use_regex", true),
                "pre_tokenizer.pretokenizers[1].use_regex: expected false, got true");
        refusedAfter(root -> model(root).put("type", "WordPiece"), "model.type: expected \"BPE\", got \"WordPiece\"");
        refusedAfter(root -> model(root).put("dropout", 0.1), "model.dropout: expected null, got 0.1");
        refusedAfter(root -> model(root).put("byte_fallback", true), "model.byte_fallback: expected false");
        refusedAfter(root -> model(root).put("end_of_word_suffix", "</w>"), "model.end_of_word_suffix: expected null");
    }

    @Test
    void aTokenizerWithoutOurSpecialTokensIsReadAndSaysSo() throws IOException {
        change(root -> added(root, 3).put("content", "<s>"));

        Tokenizer read = Tokenizer.read(file);

        assertThat(read.encode(TEXT)).isEqualTo(TOKENIZER.encode(TEXT));
        assertThat(read.special("<s>")).hasValue(TOKENIZER.id(SpecialToken.ASSISTANT_START));
        assertThatThrownBy(() -> read.id(SpecialToken.ASSISTANT_START))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the tokenizer has no special token \"<|assistant_start|>\"");
    }

    private void refusedAfter(Consumer<ObjectNode> damage, String... parts) throws IOException {
        write();
        change(damage);
        refused(parts);
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> Tokenizer.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContainingAll(parts);
    }

    private void change(Consumer<ObjectNode> change) throws IOException {
        ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
        change.accept(root);
        JSON.writeValue(file.toFile(), root);
    }

    private static void rename(ObjectNode root, String token, String name) {
        vocab(root).set(name, vocab(root).remove(token));
    }

    private static ObjectNode model(ObjectNode root) {
        return (ObjectNode) root.get("model");
    }

    private static ObjectNode vocab(ObjectNode root) {
        return (ObjectNode) root.at("/model/vocab");
    }

    private static ArrayNode merges(ObjectNode root) {
        return (ArrayNode) root.at("/model/merges");
    }

    private static ObjectNode added(ObjectNode root, int i) {
        return (ObjectNode) root.at("/added_tokens/" + i);
    }
}
