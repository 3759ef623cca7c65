package org.millrace.inference.schema;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.TinyModel;

/// Which answers a grammar takes, and which schemas make none.
class GrammarTest {

    private static final Tokenizer TOKENIZER = TinyModel.tokenizer();
    private static final Spellings SPELLINGS = new Spellings(TOKENIZER);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"type\":\"integer\"} | -120 | 1.5",
                "{\"type\":\"integer\"} | 0 | 01",
                "{\"type\":\"number\"} | -0.5e+10 | .5",
                "{\"type\":\"string\",\"maxLength\":2} | \"ab\" | \"abc\"",
                "{\"type\":\"string\",\"minLength\":1} | \"☂\" | \"\"",
                "{\"type\":\"string\"} | \"\\u00e9\\n\\\"\" | \"\\ud800\"",
                "{\"enum\":[\"a\",1]} | 1 | 2",
                "{\"enum\":[\"a\",\"bbb\"],\"type\":\"string\",\"maxLength\":1} | \"a\" | \"bbb\"",
                "{\"enum\":[\"☂☂\",\"☂\",7],\"minLength\":2} | \"☂☂\" | \"☂\"",
                "{\"enum\":[\"☂☂\",\"☂\",7],\"minLength\":2} | 7 | \"☂\"",
                "{\"enum\":[[],[1],[1,2]],\"minItems\":1,\"maxItems\":1} | [1] | [1,2]",
                "{\"const\":0.12345678901234567890} | 0.12345678901234567890 | 0.12345678901234568",
                "{\"const\":{\"a\":1e400}} | {\"a\":1E+400} | {\"a\":\"Infinity\"}",
                "{\"const\":\"\\ud83d\\ude00\"} | \"😀\" | \"?\"",
                "{\"type\":[\"integer\",\"null\"]} | null | true",
                "{\"type\":\"array\",\"maxItems\":1} | [{\"a\": [1, null]}] | [1,2]",
                "{\"type\":\"array\",\"minItems\":1} | [1] | []",
                "{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\"]} | {\"b\": 1} | {\"a\":1}",
                "{\"properties\":{\"a\":{},\"b\":{}}} | {\"a\":1, \"b\":2} | {\"c\":1}",
                "{\"properties\":{\"a\":{}},\"additionalProperties\":false} | {} | {,}",
                "{\"additionalProperties\":{\"type\":\"null\"}} | {\"x\":null} | {\"x\":1}",
                "{\"anyOf\":[{\"const\":\"ab\"},{\"const\":\"ac\"}]} | \"ac\" | \"ad\"",
                "{\"$defs\":{\"l\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/l\"}}},\"$ref\":\"#/$defs/l\"}"
                        + " | [[],[[]]] | [1]",
            })
    void takesWhatFitsAndNothingElse(String schema, String fits, String doesNot) {
        Grammar grammar = Grammar.parse(schema, "schema");

        assertThat(takes(grammar, fits)).isTrue();
        assertThat(takes(grammar, doesNot)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{ | schema: expected JSON, got Unexpected end-of-input",
                "{\"const\":1e99999999999} | schema: expected exponents of 32 bits, got one beyond",
                "false | schema: expected a schema that something fits, got false",
                "{\"type\":\"text\"} | schema.type: expected one of [array, boolean,",
                "{\"properties\":{\"a\":{\"pattern\":\"x\"}}} | schema.properties.a.pattern: is not supported",
                "{\"type\":\"integer\",\"minimum\":1} | schema.minimum: is not supported",
                "{\"items\":{\"maxItems\":-1}} | schema.items.maxItems: expected 0 to 1000000, got -1",
                "{\"minLength\":3,\"maxLength\":2} | schema.maxLength: expected at least 3, got 2",
                "{\"anyOf\":[],\"title\":\"x\"} | schema.anyOf: expected a list of 1 to 500, got a list of 0",
                "{\"anyOf\":[{}],\"type\":\"null\"} | schema.anyOf: expected nothing else beside it, got [type]",
                "{\"$ref\":\"#/$defs/a\"} | schema.$ref: expected a schema that is there, got",
                "{\"$ref\":\"http://x\"} | schema.$ref: expected #, or # and a path",
                "{\"$ref\":\"#\"} | schema: expected a value between a $ref and itself, got none in #",
                "{\"required\":[\"a\"]} | schema.required: expected names of properties, got \"a\"",
                "{\"enum\":[1],\"type\":\"string\"} | schema.enum: expected a value of type [string] that fits",
                "{\"enum\":[\"a\"],\"minLength\":2} | schema.enum: expected a value of type [array, boolean,",
                "{\"const\":\"a\",\"maxLength\":-1} | schema.maxLength: expected 0 to 1000000, got -1",
                "{\"const\":{},\"required\":[\"a\"]} | schema.const: expected at most a type and counts beside it, got [required]",
                "{\"enum\":[[1]],\"items\":{}} | schema.enum: expected at most a type and counts beside it, got [items]",
                "{\"enum\":[[\"\\ud800\"]]} | schema.enum: expected Unicode, got half of a surrogate pair",
                "{\"properties\":{\"\\udc00\":{}}} | schema.properties: expected Unicode, got half of a surrogate pair",
                "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]} | schema: expected one that something finite",
            })
    void saysWhereASchemaIsNotUnderstood(String schema, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Grammar.parse(schema, "schema"))
                .withMessageStartingWith(message);
    }

    /// Each of its stacks has two that grow out of it: without a bound there are 2⁶⁰.
    @Test
    void aSchemaOfManyMeaningsIsFollowedAllTheSame() {
        Grammar grammar = Grammar.parse(
                "{\"anyOf\":[{\"items\":{\"$ref\":\"#\"}},{\"items\":{\"$ref\":\"#\"},\"maxItems\":5},{\"type\":\"null\"}]}",
                "schema");

        assertThat(takes(grammar, "[".repeat(60) + "null" + "]".repeat(60))).isTrue();
    }

    @Test
    void aCircleOfReferencesIsFoundWhereverItBegins() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Grammar.parse(
                        "{\"$defs\":{\"a\":{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/b\"}]},"
                                + "\"b\":{\"anyOf\":[{\"$ref\":\"#/$defs/a\"}]}},\"items\":{\"$ref\":\"#/$defs/a\"}}",
                        "schema"))
                .withMessageStartingWith("schema: expected a value between a $ref and itself, got none in #/$defs/");
    }

    /// All values and all properties that there may be are ways at once.
    @Test
    void theLastOfManyFitsAsWell() {
        String values =
                IntStream.range(0, 500).mapToObj(i -> "\"v%d\"".formatted(i)).collect(joining(","));
        String properties = IntStream.range(0, 500)
                .mapToObj(i -> "\"p%d\":{\"enum\":[%s]}".formatted(i, values))
                .collect(joining(","));
        Grammar grammar = Grammar.parse("{\"properties\":{%s}}".formatted(properties), "schema");

        assertThat(takes(grammar, "{\"p0\":\"v0\",\"p499\":\"v499\"}")).isTrue();
        assertThat(takes(grammar, "{\"p499\":\"v499\",\"p0\":\"v0\"}")).isFalse();
        assertThat(takes(grammar, "{\"p0\":\"v0\",}")).isFalse();
        assertThat(takes(grammar, "{ }")).isTrue();
    }

    /// What is found out is forgotten now and then; nobody can tell.
    @Test
    void aLongAnswerIsFollowedToItsEnd() {
        Grammar grammar = Grammar.parse("{\"type\":\"string\",\"maxLength\":700}", "schema");

        assertThat(takes(grammar, "\"" + "x".repeat(700) + "\"")).isTrue();
        assertThat(takes(grammar, "\"" + "x".repeat(701) + "\"")).isFalse();
    }

    private static boolean takes(Grammar grammar, String text) {
        var automaton = new Automaton(grammar, SPELLINGS);
        Automaton.State state = automaton.start();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            BitSet allowed = automaton.allowed(state);
            Automaton.State next = automaton.after(state, Byte.toUnsignedInt(b));
            int token = TOKENIZER.encode(new byte[] {b})[0];
            assertThat(allowed.get(token)).isEqualTo(next != null);
            if (next == null) {
                return false;
            }
            state = next;
        }
        return state.isWhole();
    }

    @Test
    void anAnswerMayEndOnlyWhereItIsWhole() {
        int end = TinyModel.config().eosId();
        Guide guide = new Guides(SPELLINGS, Set.of(end)).guide(Grammar.anyObject("schema"), Set.of());
        for (int token : TOKENIZER.encode("{\"a\":{}")) {
            float[] logits = new float[TinyModel.config().vocabulary()];
            guide.restrict(logits);
            assertThat(logits[end]).isNegative();
            guide.add(token);
        }
        guide.add(TOKENIZER.encode("}")[0]);

        float[] logits = new float[TinyModel.config().vocabulary()];
        guide.restrict(logits);

        assertThat(logits[end]).isZero();
        assertThat(logits).containsOnlyOnce(0f);
    }
}
