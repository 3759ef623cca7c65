package org.millrace.inference.grpc;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.tool.Aside;
import org.millrace.inference.tool.Call;
import org.millrace.inference.tool.Tool;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.inference.tool.ToolRequest.Use;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.policy.v1.GenerateRequest;

/// Tools and calls as the messages of `PolicyService` have them.
final class PolicyTools {

    private PolicyTools() {}

    /// @throws IllegalArgumentException naming field, expectation and value
    static ToolRequest of(GenerateRequest request) {
        Use calculator = !request.hasCalculator() ? Use.WHERE_IT_CAN : request.getCalculator() ? Use.YES : Use.NO;
        List<Tool> tools = new ArrayList<>();
        for (var tool : request.getToolsList()) {
            String field = "tools[%d]".formatted(tools.size());
            tools.add(new Tool(field, tool.getName(), tool.getDescription(), parameters(field, tool.getParameters())));
        }
        ToolRequest wanted = ToolRequest.of(tools, request.getToolChoice(), calculator);
        if (!tools.isEmpty() && !request.hasConversation()) {
            throw new IllegalArgumentException(
                    "tools: expected a conversation beside them, got a prompt without turns");
        }
        if (!request.getJsonSchema().isEmpty()) {
            wanted.checkBeside("json_schema");
        }
        if (wanted.required() && request.getIgnoreEnd()) {
            throw new IllegalArgumentException("ignore_end: expected false where a call is required, got true");
        }
        return wanted;
    }

    private static ObjectNode parameters(String field, String schema) {
        if (schema.isEmpty()) {
            return JsonNodeFactory.instance.objectNode().put("type", "object");
        }
        return Call.arguments(schema)
                .orElseThrow(() -> new IllegalArgumentException(
                        field + ".parameters: expected a JSON Schema that is an object, got something else"));
    }

    static Message message(Aside aside) {
        return switch (aside) {
            case Aside.Asked(Call _, String text) -> message(Message.Role.ROLE_TOOL_CALL, text);
            case Aside.Expression(String expression) -> message(Message.Role.ROLE_TOOL_CALL, expression);
            case Aside.Result(String result) -> message(Message.Role.ROLE_TOOL_OUTPUT, result);
        };
    }

    private static Message message(Message.Role role, String content) {
        return Message.newBuilder().setRole(role).setContent(content).build();
    }
}
