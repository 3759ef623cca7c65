package org.millrace.bpe;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Hugging Face's `tokenizer.json`, in the one shape that means what [Tokenizer] does. Whatever
/// would give other ids there than here is refused by name; a reader never guesses.
final class TokenizerJson {

    static final String FILE = "tokenizer.json";
    static final String CONFIG = "tokenizer_config.json";

    /// A vocabulary of 200,000 takes some 10 MB.
    private static final long LARGEST_FILE = 256L << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    private static final ObjectWriter WRITER = JSON.writer(new DefaultPrettyPrinter()
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n")));

    private final Path file;

    private TokenizerJson(Path file) {
        this.file = file;
    }

    static Tokenizer read(Path file) throws IOException {
        return new TokenizerJson(file).read();
    }

    private Tokenizer read() throws IOException {
        long size = Files.size(file);
        if (size > LARGEST_FILE) {
            throw new IOException("%s: expected at most %d bytes, got %d".formatted(file, LARGEST_FILE, size));
        }
        JsonNode root = parse();
        checkPipeline(root);
        JsonNode model = root.path("model");
        expect(model, "model", JsonNode::isObject, "an object");
        checkModel(model);
        Map<String, Integer> ids = new HashMap<>();
        byte[][] tokens = readVocabulary(model.path("vocab"), ids);
        Merges merges = readMerges(model.path("merges"), tokens, ids);
        checkSpecialTokens(root.path("added_tokens"), tokens.length);
        return new Tokenizer(tokens, merges);
    }

    private JsonNode parse() throws IOException {
        try (JsonParser parser = JSON.createParser(Files.newInputStream(file))) {
            JsonNode root = JSON.readTree(parser);
            if (root == null || !root.isObject()) {
                throw new IOException(file + ": expected a JSON object");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new IOException("%s: not valid JSON: %s".formatted(file, e.getMessage()), e);
        }
    }

    private void checkPipeline(JsonNode root) throws IOException {
        expectAbsent(root.path("normalizer"), "normalizer");
        expectAbsent(root.path("post_processor"), "post_processor");
        JsonNode steps = root.path("pre_tokenizer").path("pretokenizers");
        expectText(root.path("pre_tokenizer").path("type"), "pre_tokenizer.type", "Sequence");
        expect(steps, "pre_tokenizer.pretokenizers", s -> s.isArray() && s.size() == 2, "[Split, ByteLevel]");
        String split = "pre_tokenizer.pretokenizers[0].";
        expectText(steps.path(0).path("type"), split + "type", "Split");
        expectText(steps.path(0).path("pattern").path("Regex"), split + "pattern.Regex", SplitPattern.NANOCHAT.regex());
        expectText(steps.path(0).path("behavior"), split + "behavior", "Isolated");
        expectFalse(steps.path(0).path("invert"), split + "invert");
        String bytes = "pre_tokenizer.pretokenizers[1].";
        expectText(steps.path(1).path("type"), bytes + "type", "ByteLevel");
        expectFalse(steps.path(1).path("add_prefix_space"), bytes + "add_prefix_space");
        expectFalse(steps.path(1).path("use_regex"), bytes + "use_regex");
        expectText(root.path("decoder").path("type"), "decoder.type", "ByteLevel");
    }

    private void checkModel(JsonNode model) throws IOException {
        expectText(model.path("type"), "model.type", "BPE");
        for (String affix : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (!model.path(affix).asText("").isEmpty()) {
                throw bad("model." + affix, "null or \"\"", model.path(affix));
            }
        }
        for (String option : new String[] {"byte_fallback", "ignore_merges"}) {
            if (!model.path(option).isMissingNode()) {
                expectFalse(model.path(option), "model." + option);
            }
        }
        expectAbsent(model.path("dropout"), "model.dropout");
        expectAbsent(model.path("unk_token"), "model.unk_token");
    }

    /// @param ids filled: token as written to its id
    private byte[][] readVocabulary(JsonNode vocabulary, Map<String, Integer> ids) throws IOException {
        int most = BpeTrainer.LARGEST_VOCABULARY - SpecialToken.COUNT;
        expect(
                vocabulary,
                "model.vocab",
                v -> v.isObject() && v.size() >= 256 && v.size() <= most,
                "an object of 256 to %d tokens".formatted(most));
        byte[][] tokens = new byte[vocabulary.size()][];
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
            String token = entry.getKey();
            String field = "model.vocab[\"" + shortened(token) + "\"]";
            JsonNode id = entry.getValue();
            expect(
                    id,
                    field,
                    i -> i.isInt() && i.intValue() >= 0 && i.intValue() < tokens.length,
                    "an id of 0 to " + (tokens.length - 1));
            if (tokens[id.intValue()] != null) {
                throw new IOException(
                        "%s: %s: id %d stands for another token too".formatted(file, field, id.intValue()));
            }
            if (token.isEmpty()) {
                throw new IOException("%s: %s: expected at least one byte".formatted(file, field));
            }
            try {
                tokens[id.intValue()] = ByteAlphabet.read(token);
            } catch (IllegalArgumentException e) {
                throw new IOException("%s: %s: %s".formatted(file, field, e.getMessage()), e);
            }
            ids.put(token, id.intValue());
        }
        return tokens;
    }

    private Merges readMerges(JsonNode list, byte[][] tokens, Map<String, Integer> ids) throws IOException {
        expect(list, "model.merges", JsonNode::isArray, "an array");
        int[] bytes = new int[256];
        for (int b = 0; b < 256; b++) {
            String name = ByteAlphabet.write(new byte[] {(byte) b});
            bytes[b] = id(ids, name, "model.vocab: byte 0x%02X".formatted(b));
        }
        int[] lefts = new int[list.size()];
        int[] rights = new int[list.size()];
        int[] results = new int[list.size()];
        for (int rank = 0; rank < lefts.length; rank++) {
            String field = "model.merges[" + rank + "]";
            String[] parts = parts(list.get(rank), field);
            lefts[rank] = id(ids, parts[0], field);
            rights[rank] = id(ids, parts[1], field);
            results[rank] = id(ids, parts[0] + parts[1], field);
        }
        checkReachable(tokens, results);
        try {
            return new Merges(bytes, lefts, rights, results);
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: model.%s".formatted(file, e.getMessage()), e);
        }
    }

    /// A token of several bytes that no merge makes would never be used: the file lost merges.
    private void checkReachable(byte[][] tokens, int[] results) throws IOException {
        boolean[] made = new boolean[tokens.length];
        for (int result : results) {
            made[result] = true;
        }
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id].length > 1 && !made[id]) {
                throw new IOException("%s: model.merges: none makes token %d, \"%s\""
                        .formatted(file, id, shortened(ByteAlphabet.write(tokens[id]))));
            }
        }
    }

    /// A merge is `"left right"`, or since 2024 also `["left", "right"]`.
    private String[] parts(JsonNode merge, String field) throws IOException {
        if (merge.isTextual()) {
            String[] parts = merge.textValue().split(" ", -1);
            if (parts.length == 2) {
                return parts;
            }
        } else if (merge.isArray()
                && merge.size() == 2
                && merge.get(0).isTextual()
                && merge.get(1).isTextual()) {
            return new String[] {merge.get(0).textValue(), merge.get(1).textValue()};
        }
        throw bad(field, "two tokens", merge);
    }

    private int id(Map<String, Integer> ids, String token, String field) throws IOException {
        Integer id = ids.get(token);
        if (id == null) {
            throw new IOException("%s: %s: \"%s\" is not in model.vocab".formatted(file, field, shortened(token)));
        }
        return id;
    }

    private void checkSpecialTokens(JsonNode added, int firstId) throws IOException {
        expect(
                added,
                "added_tokens",
                a -> a.isArray() && a.size() == SpecialToken.COUNT,
                "the %d special tokens".formatted(SpecialToken.COUNT));
        for (SpecialToken token : SpecialToken.values()) {
            String field = "added_tokens[" + token.ordinal() + "].";
            JsonNode entry = added.get(token.ordinal());
            expectText(entry.path("content"), field + "content", token.text());
            int id = firstId + token.ordinal();
            expect(entry.path("id"), field + "id", i -> i.isInt() && i.intValue() == id, String.valueOf(id));
            expect(entry.path("special"), field + "special", s -> s.isBoolean() && s.booleanValue(), "true");
        }
    }

    private interface Test {
        boolean holds(JsonNode node);
    }

    private void expect(JsonNode node, String field, Test test, String expectation) throws IOException {
        if (!test.holds(node)) {
            throw bad(field, expectation, node);
        }
    }

    private void expectText(JsonNode node, String field, String expected) throws IOException {
        expect(node, field, n -> expected.equals(n.textValue()), "\"" + expected + "\"");
    }

    private void expectFalse(JsonNode node, String field) throws IOException {
        expect(node, field, n -> n.isBoolean() && !n.booleanValue(), "false");
    }

    private void expectAbsent(JsonNode node, String field) throws IOException {
        expect(node, field, n -> n.isMissingNode() || n.isNull(), "null");
    }

    private IOException bad(String field, String expectation, @Nullable JsonNode got) {
        String value = got == null || got.isMissingNode() ? "nothing" : describe(got);
        return new IOException("%s: %s: expected %s, got %s".formatted(file, field, expectation, value));
    }

    private static String describe(JsonNode node) {
        return node.isContainerNode()
                ? (node.isArray() ? "an array of " : "an object of ") + node.size()
                : shortened(node.toString());
    }

    private static String shortened(String text) {
        return text.length() <= 120 ? text : text.substring(0, 120) + "…";
    }

    static void write(Tokenizer tokenizer, Path dir) throws IOException {
        Files.write(dir.resolve(FILE), bytes(tokenizerJson(tokenizer)));
        Files.write(dir.resolve(CONFIG), bytes(config()));
    }

    private static byte[] bytes(ObjectNode node) throws IOException {
        return (WRITER.writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode tokenizerJson(Tokenizer tokenizer) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (SpecialToken token : SpecialToken.values()) {
            added.addObject()
                    .put("id", tokenizer.id(token))
                    .put("content", token.text())
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        root.putNull("normalizer");
        ArrayNode steps =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        ObjectNode split = steps.addObject().put("type", "Split");
        split.putObject("pattern").put("Regex", SplitPattern.NANOCHAT.regex());
        split.put("behavior", "Isolated").put("invert", false);
        byteLevel(steps.addObject());
        root.putNull("post_processor");
        byteLevel(root.putObject("decoder"));
        writeModel(tokenizer, root.putObject("model"));
        return root;
    }

    private static void byteLevel(ObjectNode node) {
        node.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", false);
    }

    private static void writeModel(Tokenizer tokenizer, ObjectNode model) {
        model.put("type", "BPE")
                .putNull("dropout")
                .putNull("unk_token")
                .putNull("continuing_subword_prefix")
                .putNull("end_of_word_suffix")
                .put("fuse_unk", false)
                .put("byte_fallback", false)
                .put("ignore_merges", false);
        ObjectNode vocabulary = model.putObject("vocab");
        String[] names = new String[tokenizer.textTokens()];
        Arrays.setAll(names, id -> ByteAlphabet.write(tokenizer.bytes(id)));
        for (int id = 0; id < names.length; id++) {
            vocabulary.put(names[id], id);
        }
        ArrayNode list = model.putArray("merges");
        Merges merges = tokenizer.merges();
        for (int rank = 0; rank < merges.count(); rank++) {
            list.add(names[merges.left(rank)] + " " + names[merges.right(rank)]);
        }
    }

    private static ObjectNode config() {
        return JSON.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("bos_token", SpecialToken.BOS.text())
                .put("eos_token", SpecialToken.ASSISTANT_END.text())
                .put("pad_token", SpecialToken.BOS.text())
                .put("clean_up_tokenization_spaces", false)
                .put("chat_template", Chat.TEMPLATE);
    }
}
