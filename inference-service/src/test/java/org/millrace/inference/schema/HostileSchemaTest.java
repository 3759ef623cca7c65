package org.millrace.inference.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.TinyModel;

/// Schemas that are small and mean much work: they are followed all the same, or refused.
class HostileSchemaTest {

    private static final Duration GENEROUS = Duration.ofSeconds(20);
    private static final Spellings SPELLINGS = new Spellings(TinyModel.tokenizer());

    @Test
    void manyPathsToOneValueAreGoneOnce() {
        String schema = schema(
                "{'$ref':'#/$defs/a0'}",
                21,
                i -> i == 20 ? "{'type':'null'}" : "{'anyOf':[%s]}".formatted(many(8, unused -> ref(i + 1))));

        assertTimeoutPreemptively(GENEROUS, () -> {
            assertThat(follow(schema, "null").isWhole()).isTrue();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1_001, 30_000})
    void moreReferencesThanThereCouldBeAreRefused(int references) {
        String schema = schema(
                "{'anyOf':[%s]}".formatted(many(500, i -> ref(Math.max(0, references - 1 - 60 * i)))),
                references,
                i -> i == references - 1 ? "{'type':'null'}" : ref(i + 1));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Grammar.parse(schema, "schema"))
                .withMessageMatching(
                        "schema\\.\\S+\\$ref: expected at most 1000 schemas that are referred to, got \"#/\\$defs/a\\d+\"");
    }

    @Test
    void aLongChainOfReferencesIsFollowed() {
        String schema = schema(
                "{'anyOf':[%s]}".formatted(many(17, i -> ref(Math.max(0, 999 - 60 * (i + 1))))),
                1_000,
                i -> i == 999 ? "{'type':'null'}" : ref(i + 1));

        assertThat(follow(schema, "null").isWhole()).isTrue();
    }

    @Test
    void alternativesWithinAlternativesHaveABound() {
        String values = many(500, i -> "{'enum':[%s]}".formatted(many(10, j -> "" + (i * 10 + j))));
        String properties = many(500, i -> "'p%d':{'anyOf':[%s,{'type':'null'}]}".formatted(i, ref(0)));
        String schema = schema("{'properties':{%s}}".formatted(properties), 1, i -> "{'anyOf':[%s]}".formatted(values));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Grammar.parse(schema, "schema"))
                .withMessage("schema: expected at most 2000000 alternatives within alternatives, got more");
    }

    @Test
    void aPathOfAReferenceMayBeLong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Grammar.parse("{\"$ref\":\"#%s\"}".formatted("/a".repeat(100_000)), "schema"))
                .withMessageStartingWith("schema.$ref: expected a schema that is there");
    }

    /// In each of its states are as many ways as are followed.
    @Test
    void whatIsFoundOutHasABound() {
        String schema = "{'anyOf':[%s]}".formatted(many(500, i -> "{'type':'string','maxLength':%d}".formatted(i + 1)));
        var automaton = new Automaton(Grammar.parse(json(schema), "schema"), SPELLINGS);

        assertTimeoutPreemptively(GENEROUS, () -> {
            for (int answer = 0; answer < 3; answer++) {
                Automaton.State state = automaton.start();
                for (char c : ("\"" + "a☂é".repeat(10)).toCharArray()) {
                    automaton.allowed(state);
                    for (byte b : String.valueOf(c).getBytes(UTF_8)) {
                        state = requireNonNull(automaton.after(state, Byte.toUnsignedInt(b)));
                    }
                    assertThat(automaton.held()).isLessThan(Automaton.HELD + 10_000);
                }
            }
        });
    }

    private static Automaton.State follow(String schema, String text) {
        var automaton = new Automaton(Grammar.parse(schema, "schema"), SPELLINGS);
        Automaton.State state = automaton.start();
        for (byte b : text.getBytes(UTF_8)) {
            assertThat(automaton.allowed(state).isEmpty()).isFalse();
            state = requireNonNull(automaton.after(state, Byte.toUnsignedInt(b)));
        }
        return state;
    }

    /// @param root an object
    private static String schema(String root, int definitions, IntFunction<String> definition) {
        String named = many(definitions, i -> "'a%d':%s".formatted(i, definition.apply(i)));
        return json("%s,'$defs':{%s}}".formatted(root.substring(0, root.length() - 1), named));
    }

    private static String json(String quoted) {
        return quoted.replace('\'', '"');
    }

    private static String ref(int definition) {
        return "{'$ref':'#/$defs/a%d'}".formatted(definition);
    }

    private static String many(int count, IntFunction<String> each) {
        return IntStream.range(0, count).mapToObj(each).collect(Collectors.joining(","));
    }
}
