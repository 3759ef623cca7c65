package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Ten thousand files that are nearly tokenizers. Each is one that gives texts back, or is refused by name; and none
/// takes long or much.
class TokenizerJsonFuzzTest {

    private static final int FILES = 10_000;
    private static final long MOST_BYTES = 64L << 20;
    private static final JsonMapper JSON = new JsonMapper();
    private static final JsonNodeFactory NODES = JSON.getNodeFactory();
    private static final String TEXT =
            "the mill's race turns, turns 12345\n\n  日本 é 😀 <|bos|>\u0000\tThe " + "th".repeat(40);
    private static final List<JsonNode> VALUES = List.of(
            NODES.nullNode(),
            NODES.booleanNode(true),
            NODES.numberNode(-1),
            NODES.numberNode(97),
            NODES.numberNode(1.5),
            NODES.numberNode(Vocabulary.LARGEST - 1),
            NODES.numberNode(Integer.MAX_VALUE),
            NODES.numberNode(Long.MIN_VALUE),
            NODES.numberNode(BigInteger.TWO.pow(2_000)),
            NODES.textNode(""),
            NODES.textNode("t"),
            NODES.textNode("t h"),
            NODES.textNode("Ġ Ġ"),
            NODES.textNode("語"),
            NODES.textNode("NFC"),
            NODES.textNode("ByteLevel"),
            NODES.textNode("<|bos|>"),
            NODES.textNode("th".repeat(2_000)),
            NODES.arrayNode().add("t").add("h"),
            NODES.arrayNode().add(NODES.arrayNode()),
            NODES.objectNode().put("type", "Sequence"));

    @TempDir
    Path dir;

    private final Random random = new Random(61);
    private final List<ObjectNode> whole = new ArrayList<>();

    @BeforeEach
    void write() throws IOException {
        BpeTrainer.train(List.of("the mill turns the wheel turns the the the mill"), 290, merges -> {})
                .write(dir);
        ObjectNode written =
                (ObjectNode) JSON.readTree(dir.resolve("tokenizer.json").toFile());
        ObjectNode composing = written.deepCopy();
        composing.putObject("normalizer").put("type", "NFC");
        ObjectNode gpt2 = written.deepCopy();
        gpt2.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
        ObjectNode keeping = written.deepCopy();
        ((ObjectNode) keeping.get("model")).put("ignore_merges", true);
        whole.addAll(List.of(written, composing, gpt2, keeping));
    }

    @Test
    @Timeout(60)
    void everyFileIsATokenizerOrIsRefused() throws IOException {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Path file = dir.resolve("mutated.json");
        int read = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] mutated = mutated();
            Files.write(file, mutated);
            long before = memory.getCurrentThreadAllocatedBytes();
            try {
                Tokenizer tokenizer = Tokenizer.read(file);
                assertThat(tokenizer.decode(tokenizer.encode(TEXT)))
                        .as(() -> new String(mutated, UTF_8))
                        .isEqualTo(TEXT);
                read++;
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(file + ": ");
            }
            assertThat(memory.getCurrentThreadAllocatedBytes() - before).isLessThan(MOST_BYTES);
        }
        assertThat(read).isBetween(FILES / 20, FILES - FILES / 20); // or it tests one of the two only
    }

    private byte[] mutated() throws IOException {
        ObjectNode root = whole.get(random.nextInt(whole.size())).deepCopy();
        for (int i = random.nextInt(3); i >= 0; i--) {
            switch (random.nextInt(6)) {
                case 0 -> change(root, null);
                case 1 -> change(root, VALUES.get(random.nextInt(VALUES.size())));
                case 2 -> change(root, any(root));
                case 3 -> changeMerges(root);
                case 4 -> changeVocabulary(root);
                default -> changeAdded(root);
            }
        }
        byte[] bytes = JSON.writeValueAsBytes(root);
        return random.nextInt(8) == 0 ? damaged(new String(bytes, UTF_8)).getBytes(UTF_8) : bytes;
    }

    /// Puts a value in the place of another, or nothing; the shallower the likelier.
    private void change(ObjectNode root, @Nullable JsonNode value) {
        ContainerNode<?> at = root;
        while (true) {
            if (at.isEmpty()) {
                return;
            }
            int index = random.nextInt(at.size());
            String name = at instanceof ObjectNode object ? name(object, index) : "";
            JsonNode child = at instanceof ObjectNode object ? object.get(name) : at.get(index);
            if (child instanceof ContainerNode<?> deeper && random.nextInt(4) > 0) {
                at = deeper;
                continue;
            }
            if (at instanceof ObjectNode object) {
                object.remove(name);
                if (value != null) {
                    object.set(name, value.deepCopy());
                }
            } else if (at instanceof ArrayNode array) {
                array.remove(index);
                if (value != null) {
                    array.insert(index, value.deepCopy());
                }
            }
            return;
        }
    }

    private JsonNode any(ObjectNode root) {
        JsonNode at = root;
        while (at instanceof ContainerNode<?> && !at.isEmpty() && random.nextInt(4) > 0) {
            int index = random.nextInt(at.size());
            at = at instanceof ObjectNode object ? object.get(name(object, index)) : at.get(index);
        }
        return at;
    }

    /// Missing, twice, in another order, of tokens that are none, of the results of each other.
    private void changeMerges(ObjectNode root) {
        if (!(root.at("/model/merges") instanceof ArrayNode merges) || merges.isEmpty()) {
            return;
        }
        int index = random.nextInt(merges.size());
        JsonNode merge = merges.get(index);
        switch (random.nextInt(6)) {
            case 0 -> merges.remove(index);
            case 1 -> merges.insert(random.nextInt(merges.size()), merge);
            case 2 -> {
                List<JsonNode> shuffled = new ArrayList<>();
                merges.forEach(shuffled::add);
                Collections.shuffle(shuffled, random);
                merges.removeAll().addAll(shuffled);
            }
            case 3 -> merges.set(index, merge.asText() + " " + merge.asText());
            case 4 -> {
                String[] parts = merge.asText().split(" ", 2);
                merges.set(index, parts[parts.length - 1] + " " + parts[0]);
            }
            default -> merges.add(merge.asText().replace(" ", "") + " t");
        }
    }

    /// Ids that are taken, swapped or far away; names that other tokens have as parts, or special tokens.
    private void changeVocabulary(ObjectNode root) {
        if (!(root.at("/model/vocab") instanceof ObjectNode vocabulary) || vocabulary.size() < 2) {
            return;
        }
        String one = name(vocabulary, random.nextInt(vocabulary.size()));
        String other = name(vocabulary, random.nextInt(vocabulary.size()));
        JsonNode id = vocabulary.get(one);
        switch (random.nextInt(5)) {
            case 0 -> {
                vocabulary.set(one, vocabulary.get(other));
                vocabulary.set(other, id);
            }
            case 1 -> vocabulary.set(one, vocabulary.get(other));
            case 2 -> vocabulary.put(one, random.nextInt(2_000));
            case 3 -> vocabulary.set(one + other, NODES.numberNode(400 + random.nextInt(100)));
            default -> {
                vocabulary.remove(one);
                vocabulary.set(random.nextBoolean() ? "" : "<|bos|>", id);
            }
        }
    }

    /// Special tokens that are tokens of the text too, have their ids, or begin like others.
    private void changeAdded(ObjectNode root) {
        if (!(root.get("added_tokens") instanceof ArrayNode added)
                || !(root.at("/model/vocab") instanceof ObjectNode vocabulary)
                || vocabulary.isEmpty()) {
            return;
        }
        String token = name(vocabulary, random.nextInt(vocabulary.size()));
        String learned = name(vocabulary, vocabulary.size() - 1 - random.nextInt(Math.min(20, vocabulary.size())));
        ObjectNode special = added.insertObject(random.nextInt(added.size() + 1));
        switch (random.nextInt(4)) {
            case 0 -> special.put("content", token).set("id", vocabulary.get(token));
            case 1 -> special.put("content", learned).set("id", vocabulary.get(learned));
            case 2 -> special.put("content", "<|").put("id", 500 + random.nextInt(100));
            default -> special.put("content", "<|b").put("id", random.nextInt(300));
        }
    }

    /// Of the text itself: cut, doubled, with another character, with a number that is none.
    private String damaged(String json) {
        int from = random.nextInt(json.length());
        int to = Math.min(json.length(), from + random.nextInt(60));
        return switch (random.nextInt(5)) {
            case 0 -> json.substring(0, from);
            case 3 -> json.substring(0, from) + " 0{}[]\",:-9a\\".charAt(random.nextInt(13)) + json.substring(from + 1);
            case 1 -> json.substring(0, from) + json.substring(to);
            case 2 -> json.substring(0, to) + json.substring(from);
            default -> json.replaceFirst(":\\d+", ":" + "9".repeat(random.nextInt(1, 1_500)) + "e99999999");
        };
    }

    private static String name(ObjectNode object, int index) {
        return object.properties().stream()
                .skip(index)
                .findFirst()
                .orElseThrow()
                .getKey();
    }
}
