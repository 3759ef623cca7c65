package org.millrace.chattemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.millrace.chattemplate.Families.conversation;
import static org.millrace.chattemplate.Families.variables;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.chattemplate.Part.Origin;

class FamiliesTest {

    private static final Clock SUMMER = Clock.fixed(Instant.parse("2024-07-26T10:00:00Z"), ZoneOffset.UTC);
    private static final Map<String, Object> ARGUMENTS = ordered("city", "Köln", "days", 2);
    private static final Map<String, Object> CALL =
            Map.of("id", "abcdefghi", "function", ordered("name", "weather", "arguments", ARGUMENTS));
    private static final Map<String, Object> TOOL =
            Map.of("type", "function", "function", ordered("name", "weather", "parameters", Map.of()));

    @Test
    void chatMl() {
        assertThat(rendered(Families.CHATML, conversation("system", "s", "user", " u ")))
                .isEqualTo("<|im_start|>system\ns<|im_end|>\n<|im_start|>user\n u <|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void rolesAndTextsAreTheUsersTheRestIsTheTemplates() {
        assertThat(ChatTemplate.parse(Families.CHATML).render(conversation("user", "u\n")))
                .containsExactly(
                        new Part("<|im_start|>", Origin.TEMPLATE),
                        new Part("user", Origin.OTHER),
                        new Part("\n", Origin.TEMPLATE),
                        new Part("u\n", Origin.OTHER),
                        new Part("<|im_end|>\n<|im_start|>assistant\n", Origin.TEMPLATE));
    }

    @Test
    void llama3() {
        assertThat(rendered(Families.LLAMA_3, conversation("system", " s ", "user", " u\n", "assistant", "a")))
                .isEqualTo("<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\ns<|eot_id|>"
                        + "<|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>\n\na<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>\n\n");
    }

    @Test
    void llama3CallsTools() {
        Map<String, Object> variables = variables(List.of(
                Map.of("role", "user", "content", "u"),
                Map.of("role", "assistant", "tool_calls", List.of(CALL)),
                Map.of("role", "tool", "content", Map.of("sun", true))));
        variables.put("tools", List.of(Map.of("name", "weather")));
        variables.put("builtin_tools", List.of("code_interpreter", "search", "maths"));

        assertThat(rendered(Families.LLAMA_3, variables))
                .isEqualTo("<s><|start_header_id|>system<|end_header_id|>\n\nEnvironment: ipython\n"
                        + "Tools: search, maths\n\nToday Date: 26 Jul 2024\n\n{\n    \"name\": \"weather\"\n}\n\n<|eot_id|>"
                        + "<|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>\n\n"
                        + "{\"name\": \"weather\", \"parameters\": {\"city\": \"Köln\", \"days\": 2}}<|eot_id|>"
                        + "<|start_header_id|>ipython<|end_header_id|>\n\n{\"sun\": true}<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>\n\n");
    }

    @Test
    void qwen3ForgetsWhatWasThoughtBeforeTheLastQuestion() {
        String thought = "<think>\nhm\n</think>\n\nyes";

        assertThat(rendered(
                        Families.QWEN_3,
                        conversation("user", "u", "assistant", thought, "user", "v", "assistant", thought)))
                .isEqualTo("<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>\n"
                        + "<|im_start|>user\nv<|im_end|>\n<|im_start|>assistant\n" + thought + "<|im_end|>\n"
                        + "<|im_start|>assistant\n");
    }

    @Test
    void qwen3CallsToolsWithoutThinking() {
        Map<String, Object> variables = variables(List.of(
                Map.of("role", "system", "content", "s"),
                Map.of("role", "user", "content", "u"),
                Map.of("role", "assistant", "content", "", "tool_calls", List.of(CALL, CALL)),
                Map.of("role", "tool", "content", "1"),
                Map.of("role", "tool", "content", "2")));
        variables.put("tools", List.of(TOOL.get("function")));
        variables.put("enable_thinking", false);

        String call =
                "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Köln\", \"days\": 2}}\n</tool_call>";
        assertThat(rendered(Families.QWEN_3, variables))
                .isEqualTo(
                        "<|im_start|>system\ns\n\n<tools>\n{\"name\": \"weather\", \"parameters\": {}}\n</tools><|im_end|>\n"
                                + "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n" + call + "\n" + call
                                + "<|im_end|>\n"
                                + "<|im_start|>user\n<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"
                                + "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
    }

    @Test
    void mistral() {
        assertThat(rendered(
                        Families.MISTRAL, conversation("system", "s", "user", "u", "assistant", " a ", "user", "v")))
                .isEqualTo("<s>[INST]u[/INST]a</s>[INST]s\n\nv[/INST]");
    }

    @Test
    void mistralCallsTools() {
        Map<String, Object> variables = variables(List.of(
                Map.of("role", "user", "content", "u"),
                Map.of("role", "assistant", "tool_calls", List.of(CALL)),
                Map.of("role", "tool", "content", "rain", "tool_call_id", "abcdefghi")));
        variables.put("tools", List.of(TOOL));

        assertThat(rendered(Families.MISTRAL, variables))
                .isEqualTo("<s>[AVAILABLE_TOOLS][{\"type\": \"function\", \"function\": "
                        + "{\"name\": \"weather\", \"parameters\": {}}}][/AVAILABLE_TOOLS][INST]u[/INST]"
                        + "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\": \"Köln\", \"days\": 2}, "
                        + "\"id\": \"abcdefghi\"}]</s>"
                        + "[TOOL_RESULTS]{\"content\": rain, \"call_id\": \"abcdefghi\"}[/TOOL_RESULTS]");
    }

    @Test
    void gemma() {
        assertThat(rendered(Families.GEMMA, conversation("system", "s", "user", " u ", "assistant", "a", "user", "v")))
                .isEqualTo("<s><start_of_turn>user\ns\n\nu<end_of_turn>\n<start_of_turn>model\na<end_of_turn>\n"
                        + "<start_of_turn>user\nv<end_of_turn>\n<start_of_turn>model\n");
    }

    @Test
    void gemmaSeesImages() {
        List<Object> content = List.of(Map.of("type", "image"), Map.of("type", "text", "text", " what? "));

        assertThat(rendered(Families.GEMMA, variables(List.of(Map.of("role", "user", "content", content)))))
                .isEqualTo("<s><start_of_turn>user\n<start_of_image>what?<end_of_turn>\n<start_of_turn>model\n");
    }

    @Test
    void whatATemplateRaisesIsTheMessage() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rendered(Families.GEMMA, conversation("user", "u", "user", "v")))
                .withMessage("user and model take turns");
    }

    private static String rendered(String template, Map<String, ?> variables) {
        return Families.text(ChatTemplate.parse(template).render(variables, SUMMER));
    }

    private static Map<String, Object> ordered(String first, Object one, String second, Object two) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(first, one);
        map.put(second, two);
        return map;
    }
}
