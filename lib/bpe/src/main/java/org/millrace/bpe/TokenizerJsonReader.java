package org.millrace.bpe;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads Hugging Face's `tokenizer.json` in the shapes that mean what [Tokenizer] does. Whatever would give other
/// ids there than here is refused by name; a reader never guesses.
final class TokenizerJsonReader {

    /// A vocabulary of 200,000 takes some 10 MB.
    private static final long LARGEST_FILE = 256L << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final Set<String> WITHOUT_EFFECT = Set.of("ByteLevel", "TemplateProcessing");

    private final Path file;

    private TokenizerJsonReader(Path file) {
        this.file = file;
    }

    static Vocabulary read(Path file) throws IOException {
        return new TokenizerJsonReader(file).read();
    }

    private Vocabulary read() throws IOException {
        long size = Files.size(file);
        if (size > LARGEST_FILE) {
            throw new IOException("%s: expected at most %d bytes, got %d".formatted(file, LARGEST_FILE, size));
        }
        JsonNode root = parse();
        JsonNode model = root.path("model");
        expect(model, "model", JsonNode::isObject, "an object");
        boolean wholePieces = checkModel(model);
        SequencedMap<String, Integer> special = readSpecialTokens(root.path("added_tokens"));
        Map<String, Integer> ids = readIds(model.path("vocab"));
        byte[] @Nullable [] tokens = tokens(ids, special);
        return new Vocabulary(
                tokens,
                readMerges(model.path("merges"), tokens, textIds(ids, tokens), wholePieces),
                readPattern(root),
                wholePieces,
                readNormaliser(root.path("normalizer")),
                special);
    }

    private JsonNode parse() throws IOException {
        try (JsonParser parser = JSON.createParser(Files.newInputStream(file))) {
            JsonNode root = JSON.readTree(parser);
            if (root == null || !root.isObject()) {
                throw new IOException(file + ": expected a JSON object");
            }
            return root;
        } catch (JsonProcessingException e) {
            String at = e.getLocation() == null
                    ? ""
                    : "line %d: ".formatted(e.getLocation().getLineNr());
            throw new IOException("%s: not valid JSON: %s%s".formatted(file, at, e.getOriginalMessage()), e);
        }
    }

    /// True for NFC, false for none.
    private boolean readNormaliser(JsonNode normaliser) throws IOException {
        if (normaliser.isMissingNode() || normaliser.isNull()) {
            return false;
        }
        expectText(normaliser.path("type"), "normalizer.type", "NFC");
        return true;
    }

    /// A pattern of its own, and then bytes; or GPT-2's, which is part of how bytes are written.
    private SplitPattern readPattern(JsonNode root) throws IOException {
        checkPostProcessor(root.path("post_processor"), "post_processor");
        expectText(root.path("decoder").path("type"), "decoder.type", "ByteLevel");
        JsonNode before = root.path("pre_tokenizer");
        if (before.path("type").asText().equals("ByteLevel")) {
            expectFalse(before.path("add_prefix_space"), "pre_tokenizer.add_prefix_space");
            JsonNode regex = before.path("use_regex"); // true where it is missing
            expect(
                    regex,
                    "pre_tokenizer.use_regex",
                    r -> r.isMissingNode() || r.isBoolean() && r.booleanValue(),
                    "true");
            return SplitPattern.GPT2;
        }
        expectText(before.path("type"), "pre_tokenizer.type", "Sequence");
        JsonNode steps = before.path("pretokenizers");
        expect(steps, "pre_tokenizer.pretokenizers", s -> s.isArray() && s.size() == 2, "[Split, ByteLevel]");
        String split = "pre_tokenizer.pretokenizers[0].";
        expectText(steps.path(0).path("type"), split + "type", "Split");
        expectText(steps.path(0).path("behavior"), split + "behavior", "Isolated");
        expectFalse(steps.path(0).path("invert"), split + "invert");
        String bytes = "pre_tokenizer.pretokenizers[1].";
        expectText(steps.path(1).path("type"), bytes + "type", "ByteLevel");
        expectFalse(steps.path(1).path("add_prefix_space"), bytes + "add_prefix_space");
        expectFalse(steps.path(1).path("use_regex"), bytes + "use_regex");
        JsonNode regex = steps.path(0).path("pattern").path("Regex");
        return SplitPattern.of(regex.asText())
                .orElseThrow(() -> bad(
                        split + "pattern.Regex", "the pattern of GPT-2, GPT-4, Llama 3, Qwen 2 or nanochat", regex));
    }

    /// These put special tokens around a text when they are asked to, and leave the text's ids alone.
    private void checkPostProcessor(JsonNode processor, String field) throws IOException {
        if (processor.path("type").asText().equals("Sequence")) {
            JsonNode steps = processor.path("processors");
            for (int i = 0; i < steps.size(); i++) {
                checkPostProcessor(steps.path(i), field + ".processors[" + i + "]");
            }
            return;
        }
        expect(
                processor,
                field,
                p -> p.isMissingNode()
                        || p.isNull()
                        || WITHOUT_EFFECT.contains(p.path("type").asText()),
                "null, ByteLevel or TemplateProcessing");
    }

    /// @return whether pieces that are tokens stay whole
    private boolean checkModel(JsonNode model) throws IOException {
        expectText(model.path("type"), "model.type", "BPE");
        for (String affix : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (!model.path(affix).asText("").isEmpty()) {
                throw bad("model." + affix, "null or \"\"", model.path(affix));
            }
        }
        if (!model.path("byte_fallback").isMissingNode()) {
            expectFalse(model.path("byte_fallback"), "model.byte_fallback");
        }
        expectAbsent(model.path("dropout"), "model.dropout");
        expectAbsent(model.path("unk_token"), "model.unk_token");
        JsonNode wholePieces = model.path("ignore_merges");
        expect(wholePieces, "model.ignore_merges", w -> w.isMissingNode() || w.isBoolean(), "true or false");
        return wholePieces.asBoolean();
    }

    /// Ids of all tokens by how they are written.
    private Map<String, Integer> readIds(JsonNode vocabulary) throws IOException {
        expect(
                vocabulary,
                "model.vocab",
                v -> v.isObject() && v.size() >= 256 && v.size() < Vocabulary.LARGEST,
                "an object of 256 to %d tokens".formatted(Vocabulary.LARGEST - 1));
        Map<String, Integer> ids = new HashMap<>();
        BitSet taken = new BitSet();
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
            String field = "model.vocab[\"" + shortened(entry.getKey()) + "\"]";
            int id = id(entry.getValue(), field);
            if (taken.get(id)) {
                throw new IOException("%s: %s: id %d stands for another token too".formatted(file, field, id));
            }
            taken.set(id);
            ids.put(entry.getKey(), id);
        }
        return ids;
    }

    private int id(JsonNode id, String field) throws IOException {
        expect(
                id,
                field,
                i -> i.isInt() && i.intValue() >= 0 && i.intValue() < Vocabulary.LARGEST,
                "an id of 0 to " + (Vocabulary.LARGEST - 1));
        return id.intValue();
    }

    /// Bytes of the text tokens by id; null where an id is a special token's or nobody's.
    private byte[] @Nullable [] tokens(Map<String, Integer> ids, Map<String, Integer> special) throws IOException {
        int last = Stream.concat(ids.values().stream(), special.values().stream())
                .mapToInt(id -> id)
                .max()
                .orElseThrow();
        byte[][] tokens = new byte[last + 1][];
        Map<Integer, String> specialById = new HashMap<>();
        special.forEach((content, id) -> specialById.put(id, content));
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            String token = entry.getKey();
            String field = "model.vocab[\"" + shortened(token) + "\"]";
            String content = specialById.get(entry.getValue());
            if (content != null) {
                if (!content.equals(token)) {
                    throw new IOException("%s: %s: id %d is that of \"%s\" in added_tokens"
                            .formatted(file, field, entry.getValue(), shortened(content)));
                }
                continue;
            }
            if (token.isEmpty()) {
                throw new IOException("%s: %s: expected at least one byte".formatted(file, field));
            }
            try {
                tokens[entry.getValue()] = ByteAlphabet.read(token);
            } catch (IllegalArgumentException e) {
                throw new IOException("%s: %s: %s".formatted(file, field, e.getMessage()), e);
            }
        }
        return tokens;
    }

    /// Without special tokens: none of them comes out of text, so none is a byte, or part or result of a merge.
    private static Map<String, Integer> textIds(Map<String, Integer> ids, byte[] @Nullable [] tokens) {
        Map<String, Integer> text = new HashMap<>(ids);
        text.values().removeIf(id -> tokens[id] == null);
        return text;
    }

    private Merges readMerges(JsonNode list, byte[] @Nullable [] tokens, Map<String, Integer> ids, boolean wholePieces)
            throws IOException {
        expect(list, "model.merges", JsonNode::isArray, "an array");
        expect(list, "model.merges", m -> m.size() <= Merges.MOST, "at most %d pairs".formatted(Merges.MOST));
        int[] bytes = new int[256];
        for (int b = 0; b < 256; b++) {
            String name = ByteAlphabet.write(new byte[] {(byte) b});
            bytes[b] = id(ids, name, "model.vocab: byte 0x" + HEX.toHexDigits((byte) b));
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
        if (!wholePieces) {
            checkReachable(tokens, results);
        }
        try {
            return new Merges(bytes, lefts, rights, results);
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: model.%s".formatted(file, e.getMessage()), e);
        }
    }

    /// A token of several bytes that no merge makes would never be used: the file lost merges.
    private void checkReachable(byte[] @Nullable [] tokens, int[] results) throws IOException {
        boolean[] made = new boolean[tokens.length];
        for (int result : results) {
            made[result] = true;
        }
        for (int id = 0; id < tokens.length; id++) {
            byte[] token = tokens[id];
            if (token != null && token.length > 1 && !made[id]) {
                throw new IOException("%s: model.merges: none makes token %d, \"%s\""
                        .formatted(file, id, shortened(ByteAlphabet.write(token))));
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
            throw new IOException("%s: %s: \"%s\" is not in model.vocab, or a special token"
                    .formatted(file, field, shortened(token)));
        }
        return id;
    }

    /// In the order of their ids.
    private SequencedMap<String, Integer> readSpecialTokens(JsonNode added) throws IOException {
        expect(added, "added_tokens", a -> a.isMissingNode() || a.isArray(), "an array");
        SortedMap<Integer, String> byId = new TreeMap<>();
        Set<String> contents = new HashSet<>();
        for (int i = 0; i < added.size(); i++) {
            String field = "added_tokens[" + i + "].";
            JsonNode content = added.path(i).path("content");
            expect(
                    content,
                    field + "content",
                    c -> c.isTextual() && !c.textValue().isEmpty(),
                    "a text");
            int id = id(added.path(i).path("id"), field + "id");
            if (byId.put(id, content.textValue()) != null || !contents.add(content.textValue())) {
                throw new IOException("%s: %scontent: \"%s\" or its id %d is there twice"
                        .formatted(file, field, shortened(content.textValue()), id));
            }
        }
        SequencedMap<String, Integer> special = new LinkedHashMap<>();
        byId.forEach((id, content) -> special.put(content, id));
        return special;
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
}
