package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.millrace.inference.tool.Tool;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.inference.tool.ToolRequest.Use;

/// Reads what a request says of tools. `calculator` is ours: OpenAI's API has none.
final class ToolFields {

    private static final Set<String> OF_FUNCTION = Set.of("name", "description", "parameters", "strict");
    private static final List<String> CHOICES = List.of("none", "auto", "required");

    private ToolFields() {}

    static ToolRequest ofChat(Fields request) {
        ToolRequest tools = ToolRequest.of(tools(request), choice(request), calculator(request));
        if (!tools.required()) {
            checkNoneIsStrict(request);
        }
        if (tools.required() && request.flag("ignore_eos")) {
            throw new IllegalArgumentException("ignore_eos: expected false where a call is required, got true");
        }
        boolean single = request.find("parallel_tool_calls").isPresent() && !request.flag("parallel_tool_calls");
        return single ? tools.withSingleCall() : tools;
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
            checkKeys(function);
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

    private static void checkKeys(Fields function) {
        function.object().fieldNames().forEachRemaining(key -> {
            if (!OF_FUNCTION.contains(key)) {
                throw new IllegalArgumentException("%s%s: expected one of %s, got this one"
                        .formatted(function.path(), key, new TreeSet<>(OF_FUNCTION)));
            }
        });
    }

    /// Only a call that must be one fits its schema.
    private static void checkNoneIsStrict(Fields request) {
        int next = 0;
        for (JsonNode tool : request.find("tools").orElse(JsonNodeFactory.instance.arrayNode())) {
            Fields function = Fields.of(tool.path("function"), "tools[%d].function".formatted(next++));
            if (function.flag("strict")) {
                throw new IllegalArgumentException(function.path()
                        + "strict: expected false or absent unless tool_choice requires a call, got true");
            }
        }
    }

    /// As [ToolRequest#of] takes it.
    private static String choice(Fields request) {
        Optional<JsonNode> given = request.find("tool_choice");
        if (given.isEmpty()) {
            return "";
        }
        if (given.get().isTextual()) {
            String choice = given.get().textValue();
            if (!CHOICES.contains(choice)) {
                throw Fields.mistake("tool_choice", "none, auto, required or a function", given.get());
            }
            return choice;
        }
        Fields named = Fields.of(given.get(), "tool_choice");
        checkType(named);
        Fields function = Fields.of(named.need("function", "an object"), "tool_choice.function");
        String name = Fields.text("tool_choice.function.name", function.need("name", "a name"));
        if (name.isEmpty() || CHOICES.contains(name)) {
            throw new IllegalArgumentException(
                    "tool_choice.function.name: expected the name of one of the tools, got \"%s\"".formatted(name));
        }
        return name;
    }

    private static void checkType(Fields tool) {
        String type = tool.text("type", "");
        if (!type.equals("function")) {
            throw new IllegalArgumentException("%stype: expected function, got \"%s\"".formatted(tool.path(), type));
        }
    }
}
