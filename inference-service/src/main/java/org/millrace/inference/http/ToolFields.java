package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.millrace.inference.tool.Tool;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.inference.tool.ToolRequest.Use;

/// Reads what a request says of tools. `calculator` is ours: OpenAI's API has none.
final class ToolFields {

    private ToolFields() {}

    static ToolRequest ofChat(Fields request) {
        ToolRequest tools = ToolRequest.of(tools(request), choice(request), calculator(request));
        if (tools.required() && request.flag("ignore_eos")) {
            throw new IllegalArgumentException("ignore_eos: expected false where a call is required, got true");
        }
        return tools;
    }

    static ToolRequest ofCompletion(Fields request) {
        return new ToolRequest(List.of(), false, calculator(request));
    }

    private static Use calculator(Fields request) {
        if (request.find("calculator").isEmpty()) {
            return Use.WHERE_IT_CAN;
        }
        return request.flag("calculator") ? Use.YES : Use.NO;
    }

    private static List<Tool> tools(Fields request) {
        Optional<JsonNode> given = request.find("tools");
        if (given.isEmpty()) {
            return List.of();
        }
        if (!given.get().isArray()) {
            throw Fields.mistake("tools", "a list", given.get());
        }
        List<Tool> tools = new ArrayList<>();
        for (JsonNode element : given.get()) {
            Fields tool = Fields.of(element, "tools[%d]".formatted(tools.size()));
            checkType(tool);
            String field = tool.path() + "function";
            Fields function = Fields.of(tool.need("function", "an object"), field);
            tools.add(new Tool(
                    field,
                    Fields.text(function.path() + "name", function.need("name", "a name")),
                    function.text("description", ""),
                    function.find("parameters")
                            .map(schema ->
                                    Fields.of(schema, field + ".parameters").object())
                            .orElseGet(
                                    () -> JsonNodeFactory.instance.objectNode().put("type", "object"))));
        }
        return tools;
    }

    /// As [ToolRequest#of] takes it.
    private static String choice(Fields request) {
        Optional<JsonNode> given = request.find("tool_choice");
        if (given.isEmpty()) {
            return "";
        }
        if (given.get().isTextual()) {
            String choice = given.get().textValue();
            if (!List.of("none", "auto", "required").contains(choice)) {
                throw Fields.mistake("tool_choice", "none, auto, required or a function", given.get());
            }
            return choice;
        }
        Fields named = Fields.of(given.get(), "tool_choice");
        checkType(named);
        Fields function = Fields.of(named.need("function", "an object"), "tool_choice.function");
        return Fields.text("tool_choice.function.name", function.need("name", "a name"));
    }

    private static void checkType(Fields tool) {
        String type = tool.text("type", "");
        if (!type.equals("function")) {
            throw new IllegalArgumentException("%stype: expected function, got \"%s\"".formatted(tool.path(), type));
        }
    }
}
