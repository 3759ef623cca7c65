package org.millrace.inference.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.TinyModel;

/// Random schemas and a model that knows nothing: whatever ends by itself is JSON that fits, as a validator has it
/// that nobody here wrote.
class SchemaPropertyTest {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Tokenizer TOKENIZER = TinyModel.tokenizer();
    private static final int END = TinyModel.config().eosId();
    private static final Spellings SPELLINGS = new Spellings(TOKENIZER);
    private static final String[] NAMES = {"a", "mill", "☂", "a\"b", "the water"};

    @Property(tries = 100)
    void whatEndsByItselfFits(@ForAll long seed) throws Exception {
        var random = new SplittableRandom(seed);
        ObjectNode schema = schema(random, 3);
        ObjectNode definitions = schema.putObject("$defs");
        definitions.set("node", recursive());
        Grammar grammar = Grammar.of(schema, "schema");
        var guides = new Guides(SPELLINGS, Set.of(END));
        int ended = 0;
        for (int i = 0; i < 5; i++) {
            Optional<byte[]> answer = answer(guides.guide(grammar, Set.of()), random);
            if (answer.isPresent()) {
                ended++;
                assertFits(schema, answer.get());
            }
        }
        assertThat(ended).as("of answers to %s", schema).isPositive();
    }

    private static void assertFits(JsonNode schema, byte[] answer) throws CharacterCodingException {
        String text = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(answer))
                .toString();
        JsonNode value;
        try {
            value = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("%s for %s".formatted(text, schema), e);
        }
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(schema)
                        .validate(value))
                .as("%s for %s", text, schema)
                .isEmpty();
    }

    /// Empty if it did not come to an end. After a while it says what makes ends likely, wherever it may.
    private static Optional<byte[]> answer(Guide guide, SplittableRandom random) {
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < 2_000; i++) {
            float[] logits = new float[TinyModel.config().vocabulary()];
            guide.restrict(logits);
            var allowed = new BitSet();
            for (int id = 0; id < logits.length; id++) {
                if (logits[id] == 0) {
                    allowed.set(id);
                }
            }
            assertThat(allowed.isEmpty()).isFalse();
            int token = allowed.stream()
                    .skip(random.nextInt(allowed.cardinality()))
                    .findFirst()
                    .orElseThrow();
            if (random.nextInt(20) < i) {
                token = ending(allowed, token);
            }
            guide.add(token);
            if (token == END) {
                return Optional.of(bytes.toByteArray());
            }
            bytes.writeBytes(TOKENIZER.bytes(token));
        }
        return Optional.empty();
    }

    private static int ending(BitSet allowed, int otherwise) {
        if (allowed.get(END)) {
            return END;
        }
        for (char end : new char[] {'"', '}', ']', '0', 'n', 't', ':', ','}) {
            int id = TOKENIZER.encode(String.valueOf(end))[0];
            if (allowed.get(id)) {
                return id;
            }
        }
        return otherwise;
    }

    private static ObjectNode recursive() {
        ObjectNode node = JsonNodeFactory.instance.objectNode().put("type", "object");
        node.put("additionalProperties", false).putArray("required").add("value");
        ObjectNode properties = node.putObject("properties");
        properties.putObject("value").put("type", "integer");
        ArrayNode options = properties.putObject("next").putArray("anyOf");
        options.addObject().put("type", "null");
        options.addObject().put("$ref", "#/$defs/node");
        return node;
    }

    /// `null` always fits; what else does, goes by what is said beside them.
    private static void values(ObjectNode schema, SplittableRandom random) {
        ArrayNode values =
                schema.putArray("enum").add("rain").add(3.5).addNull().add("the ☂\n");
        values.addObject().put("a", 1);
        values.addArray().add("mill").add(2).addArray();
        values.addArray();
        if (random.nextBoolean()) {
            ArrayNode types = schema.putArray("type").add("null");
            Stream.of("string", "array", "number", "object")
                    .filter(type -> random.nextBoolean())
                    .forEach(types::add);
        }
        for (String counted : List.of("Length", "Items")) {
            int least = random.nextInt(6);
            if (random.nextBoolean()) {
                schema.put("min" + counted, least);
            }
            if (random.nextBoolean()) {
                schema.put("max" + counted, least + random.nextInt(4));
            }
        }
    }

    private static ObjectNode schema(SplittableRandom random, int depth) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        switch (random.nextInt(depth == 0 ? 6 : 11)) {
            case 0 -> schema.put("type", random.nextBoolean() ? "integer" : "number");
            case 1 -> schema.putArray("type").add("boolean").add("null");
            case 2 -> {
                schema.put("type", "string");
                int least = random.nextInt(4);
                if (random.nextBoolean()) {
                    schema.put("minLength", least);
                }
                if (random.nextBoolean()) {
                    schema.put("maxLength", least + random.nextInt(4));
                }
            }
            case 3 -> values(schema, random);
            case 4 -> schema.put("const", "mill " + random.nextInt(10));
            case 5 -> schema.put("$ref", "#/$defs/node");
            case 6, 7 -> {
                schema.put("type", "array");
                int least = random.nextInt(3);
                schema.put("minItems", least);
                if (random.nextBoolean()) {
                    schema.put("maxItems", least + random.nextInt(3));
                }
                schema.set("items", schema(random, depth - 1));
            }
            case 8 -> {
                ArrayNode options = schema.putArray("anyOf");
                for (int i = random.nextInt(1, 4); i > 0; i--) {
                    options.add(schema(random, depth - 1));
                }
            }
            case 9 -> schema.put("type", "object").set("additionalProperties", schema(random, depth - 1));
            default -> {
                schema.put("type", "object").put("additionalProperties", false);
                ObjectNode properties = schema.putObject("properties");
                ArrayNode required = JsonNodeFactory.instance.arrayNode();
                for (String name : NAMES) {
                    if (random.nextBoolean()) {
                        properties.set(name, schema(random, depth - 1));
                        if (random.nextBoolean()) {
                            required.add(name);
                        }
                    }
                }
                schema.set("required", required);
            }
        }
        return schema;
    }
}
