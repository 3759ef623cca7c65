package org.millrace.inference.tool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.TinyModel;
import org.millrace.inference.schema.Guide;
import org.millrace.inference.schema.Guides;
import org.millrace.inference.schema.Spellings;
import org.millrace.inference.tool.ToolRequest.Use;

class ToolRequestTest {

    private static final Tokenizer OWN = TinyModel.tokenizer();
    private static final ToolRequest NOTHING_SAID = new ToolRequest(List.of(), false, Use.WHERE_IT_CAN);

    @TempDir
    Path dir;

    @Test
    void theCalculatorIsUsedInChatsOfModelsThatKnowIt() throws IOException {
        Tokenizer qwen = bytes(Map.of("<tool_call>", 256, "</tool_call>", 257));

        assertThat(NOTHING_SAID.toolbox(OWN, true).calculator()).isTrue();
        assertThat(NOTHING_SAID.toolbox(OWN, false)).isEqualTo(Toolbox.NONE);
        assertThat(NOTHING_SAID.toolbox(qwen, true)).isEqualTo(Toolbox.NONE);
        assertThat(new ToolRequest(List.of(), false, Use.NO).toolbox(OWN, true)).isEqualTo(Toolbox.NONE);
        assertThat(new ToolRequest(List.of(), false, Use.YES)
                        .toolbox(OWN, false)
                        .calculator())
                .isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ToolRequest(List.of(), false, Use.YES).toolbox(qwen, true))
                .withMessageStartingWith("calculator: expected false for a model whose tokenizer has no token");
    }

    @Test
    void aTokenizerTellsHowItsModelCalls() throws IOException {
        Tokenizer qwen = bytes(Map.of("<tool_call>", 256, "</tool_call>", 257));
        Tokenizer llama = bytes(Map.of("<|python_tag|>", 256));
        ToolRequest required = ToolRequest.of(List.of(tool("f", "{}")), "required", Use.WHERE_IT_CAN);

        assertThat(CallForm.of(OWN).begin()).isEqualTo(OWN.id(SpecialToken.PYTHON_START));
        assertThat(CallForm.of(qwen)).isEqualTo(new CallForm(256, 257, -1, -1, "arguments"));
        assertThat(CallForm.of(llama)).isEqualTo(new CallForm(256, -1, -1, -1, "parameters"));
        assertThat(required.opened(new int[] {1}, qwen)).containsExactly(1, 256, '\n');
        assertThat(required.opened(new int[] {1}, llama)).containsExactly(1);
        assertThat(required.toolbox(qwen, true).closing()).containsExactly(257);
        assertThat(required.toolbox(llama, true).closing()).isEmpty();
    }

    /// A schema that refers to itself still does within that of the call.
    @Test
    void aRequiredCallFitsOneOfTheSchemas() throws IOException {
        ToolRequest required = ToolRequest.of(
                List.of(
                        tool("f", "{\"properties\": {}}"),
                        tool(
                                "g",
                                "{\"properties\": {\"a\": {\"$ref\": \"#\"}, \"b\": {\"$ref\": \"#/$defs/n\"}},"
                                        + " \"$defs\": {\"n\": {\"const\": 3}}}")),
                "required",
                Use.WHERE_IT_CAN);
        Tokenizer llama = bytes(Map.of("<|python_tag|>", 256));

        assertThat(fits(required, OWN, "{\"name\":\"f\",\"arguments\":{}}")).isTrue();
        assertThat(fits(required, OWN, "{\"name\":\"g\",\"arguments\":{\"a\":{\"a\":{},\"b\":3},\"b\":3}}"))
                .isTrue();
        assertThat(fits(required, llama, "{\"name\":\"g\",\"parameters\":{\"b\":3}}"))
                .isTrue();
        assertThat(fits(required, OWN, "{\"name\":\"g\",\"arguments\":{\"b\":4}}"))
                .isFalse();
        assertThat(fits(ToolRequest.of(List.of(tool("f", "{}")), "f", Use.NO), OWN, "{\"name\":\"f\",\"arguments\":3"))
                .isFalse();
        assertThat(fits(required, OWN, "{\"name\":\"h\",\"arguments\":{}}")).isFalse();
        assertThat(fits(ToolRequest.of(required.tools(), "f", Use.NO), OWN, "{\"name\":\"g\",\"arguments\":{}}"))
                .isFalse();
    }

    @Test
    void mistakesAreNamed() {
        Tool f = tool("f", "{}");
        assertMistake(() -> ToolRequest.of(List.of(f, f), "", Use.NO), "tools[0].name: expected one that no other");
        assertMistake(
                () -> ToolRequest.of(List.of(), "required", Use.NO), "tool_choice: expected tools beside required");
        assertMistake(
                () -> ToolRequest.of(List.of(f), "g", Use.NO),
                "tool_choice: expected auto, none, required or one of [f], got \"g\"");
        assertMistake(
                () -> ToolRequest.of(List.of(tool("f", "{\"minimum\": 3}")), "f", Use.NO),
                "tools[0].parameters.minimum: is not supported");
        assertMistake(() -> tool("no blanks", "{}"), "tools[0].name: expected 1 to 64 letters, digits, _ and -");
        assertMistake(
                () -> ToolRequest.of(List.of(f), "", Use.NO).checkBeside("json_schema"),
                "json_schema: expected no tools beside it, got 1");
        assertMistake(
                () -> new ToolRequest(List.of(), false, Use.YES).checkBeside("json_schema"),
                "json_schema: expected calculator false or absent beside it, got true");
        NOTHING_SAID.checkBeside("json_schema");
        for (String choice : List.of("auto", "none", "required")) {
            assertMistake(() -> tool(choice, "{}"), "tools[0].name: expected none of [auto, none, required]");
        }
        assertMistake(
                () -> ToolRequest.of(List.of(f), "f", Use.YES),
                "calculator: expected false or absent where a call is required, got true");
        assertThat(ToolRequest.of(List.of(tool("f", "{\"minimum\": 3}")), "auto", Use.NO)
                        .tools())
                .hasSize(1);
        assertThat(ToolRequest.of(List.of(f), "none", Use.NO)).isEqualTo(ToolRequest.NONE);
    }

    /// What is called must have arguments by name.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'string'}",
                "{'type': ['object', 'null']}",
                "{'anyOf': [{'type': 'object'}, {'type': 'string'}]}",
                "{'$ref': '#/$defs/a', '$defs': {'a': {}}}",
                "{'anyOf': [{'$ref': '#/$defs/a'}], '$defs': {'a': {'const': 3}}}",
                "{'anyOf': [{'properties': {}, 'minLength': 1}]}",
            })
    void argumentsThatAreNoObjectAreRefusedWhereACallIsRequired(String schema) {
        Tool tool = tool("f", schema.replace('\'', '"'));

        assertMistake(
                () -> ToolRequest.of(List.of(tool), "f", Use.NO),
                "tools[0].parameters: expected a schema that objects fit");
        assertThat(ToolRequest.of(List.of(tool), "auto", Use.NO).tools()).hasSize(1);
    }

    /// However long the chain of references, and many the paths.
    @Test
    void argumentsAreFollowedThroughManyReferences() {
        String chain = IntStream.range(0, 900)
                .mapToObj(i -> "\"a%d\":{\"anyOf\":[%s]}"
                        .formatted(
                                i,
                                IntStream.range(0, 8)
                                        .mapToObj(j -> "{\"$ref\":\"#/$defs/a%d\"}".formatted(i + 1))
                                        .collect(Collectors.joining(","))))
                .collect(Collectors.joining(","));
        String schema = "{\"anyOf\":[%s],\"$defs\":{%s,\"a900\":{\"type\":\"%s\"}}}";
        String roots = IntStream.range(0, 36)
                .mapToObj(i -> "{\"$ref\":\"#/$defs/a%d\"}".formatted(880 - 25 * i))
                .collect(Collectors.joining(","));

        assertThat(ToolRequest.of(List.of(tool("f", schema.formatted(roots, chain, "object"))), "f", Use.NO)
                        .required())
                .isTrue();
        assertMistake(
                () -> ToolRequest.of(List.of(tool("f", schema.formatted(roots, chain, "null"))), "f", Use.NO),
                "tools[0].parameters: expected a schema that objects fit");
    }

    /// A default is a value: what looks like a reference in it is none.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'object', 'default': {'$ref': ''}}",
                "{'properties': {'$ref': {'const': 3}, 'a': {'const': {'$ref': '#'}}, 'b': {'$ref': '#'}}}",
                "{'$ref': '#/$defs/a', '$defs': {'a': {'properties': {}}, 'b': {'$ref': ''}}}",
                "{'anyOf': [{'$ref': '#/$defs/a'}], '$defs': {'a': {'type': 'object', 'examples': [{'$ref': 'x'}]}}}",
            })
    void referencesAreThoseOfSchemasAlone(String schema) {
        ToolRequest required = ToolRequest.of(List.of(tool("f", schema.replace('\'', '"'))), "f", Use.NO);

        assertThat(fits(required, OWN, "{\"name\":\"f\",\"arguments\":{}}")).isTrue();
        if (schema.contains("'a': {'const'")) {
            assertThat(fits(required, OWN, "{\"name\":\"f\",\"arguments\":{\"$ref\":3,\"a\":{\"$ref\":\"#\"}}}"))
                    .isTrue();
        }
    }

    private static void assertMistake(Runnable mistake, String message) {
        assertThatIllegalArgumentException().isThrownBy(mistake::run).withMessageStartingWith(message);
    }

    private static boolean fits(ToolRequest request, Tokenizer tokenizer, String answer) {
        Guide guide = new Guides(new Spellings(tokenizer), Set.of())
                .guide(request.grammar(tokenizer).orElseThrow(), Set.of());
        for (int id : tokenizer.encode(answer)) {
            float[] logits = new float[tokenizer.vocabularySize()];
            guide.restrict(logits);
            if (logits[id] != 0) {
                return false;
            }
            guide.add(id);
        }
        return true;
    }

    private static Tool tool(String name, String parameters) {
        try {
            return new Tool("tools[0]", name, "", (ObjectNode) new ObjectMapper().readTree(parameters));
        } catch (JsonProcessingException e) {
            throw new AssertionError(parameters, e);
        }
    }

    /// One whose text tokens are the bytes.
    private Tokenizer bytes(Map<String, Integer> special) throws IOException {
        Path file = dir.resolve(special.hashCode() + ".tiktoken");
        Files.writeString(
                file,
                IntStream.range(0, 256)
                        .mapToObj(id -> Base64.getEncoder().encodeToString(new byte[] {(byte) id}) + " " + id + "\n")
                        .collect(Collectors.joining()),
                UTF_8);
        return Tokenizer.readTiktoken(file, SplitPattern.GPT4, special);
    }
}
