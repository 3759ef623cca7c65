package org.millrace.inference.tool;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.schema.Grammar;

/// What a request says of tools, whatever the model.
///
/// @param tools that the caller has, and the model is told of
/// @param required whether the answer must be a call of one of them
/// @param calculator whether expressions are to be worked out
/// @param single whether an answer ends with its first call
public record ToolRequest(List<Tool> tools, boolean required, Use calculator, boolean single) {

    /// Whether the calculator is to be used.
    public enum Use {
        /// In chats with models that know it, unless something else is asked for that shapes the answer.
        WHERE_IT_CAN,
        YES,
        NO
    }

    /// Tools of one request, as OpenAI has it.
    private static final int MOST = 128;

    public static final ToolRequest NONE = new ToolRequest(List.of(), false, Use.NO);

    public ToolRequest {
        tools = List.copyOf(tools);
        if (tools.size() > MOST) {
            throw new IllegalArgumentException("tools: expected at most %d, got %d".formatted(MOST, tools.size()));
        }
        Set<String> names = new HashSet<>();
        for (Tool tool : tools) {
            if (!names.add(tool.name())) {
                throw new IllegalArgumentException("%s.name: expected one that no other tool has, got \"%s\""
                        .formatted(tool.field(), tool.name()));
            }
        }
        if (required) {
            if (calculator == Use.YES) {
                throw new IllegalArgumentException(
                        "calculator: expected false or absent where a call is required, got true");
            }
            tools.forEach(tool -> ArgumentSchema.of(tool).check(tool.field() + ".parameters"));
        }
    }

    /// With as many calls as the model's form has place for.
    public ToolRequest(List<Tool> tools, boolean required, Use calculator) {
        this(tools, required, calculator, false);
    }

    public ToolRequest withSingleCall() {
        return new ToolRequest(tools, required, calculator, true);
    }

    /// What a request chose.
    ///
    /// @param choice `auto` or empty, `none`, `required`, or the name of one of the tools
    public static ToolRequest of(List<Tool> tools, String choice, Use calculator) {
        return switch (choice) {
            case "", "auto" -> new ToolRequest(tools, false, calculator);
            case "none" -> new ToolRequest(List.of(), false, calculator);
            case "required" -> {
                if (tools.isEmpty()) {
                    throw new IllegalArgumentException("tool_choice: expected tools beside required, got none");
                }
                yield new ToolRequest(tools, true, calculator);
            }
            default -> only(tools, choice, calculator);
        };
    }

    private static ToolRequest only(List<Tool> tools, String name, Use calculator) {
        List<Tool> named =
                tools.stream().filter(tool -> tool.name().equals(name)).toList();
        if (named.isEmpty()) {
            throw new IllegalArgumentException("tool_choice: expected auto, none, required or one of %s, got \"%s\""
                    .formatted(tools.stream().map(Tool::name).toList(), name));
        }
        return new ToolRequest(named, true, calculator);
    }

    /// @param field of the option that makes every answer JSON
    /// @throws IllegalArgumentException if such an answer could not be one with calls
    public void checkBeside(String field) {
        if (!tools.isEmpty()) {
            throw new IllegalArgumentException(field + ": expected no tools beside it, got " + tools.size());
        }
        if (calculator == Use.YES) {
            throw new IllegalArgumentException(field + ": expected calculator false or absent beside it, got true");
        }
    }

    /// @param usual whether the calculator is used unless the request says otherwise
    /// @throws IllegalArgumentException if the model does not know the calculator that was asked for
    public Toolbox toolbox(Tokenizer tokenizer, boolean usual) {
        CallForm form = CallForm.of(tokenizer);
        if (calculator == Use.YES && !form.takesOutput()) {
            throw new IllegalArgumentException("calculator: expected false for a model whose tokenizer has no token"
                    + " <|python_start|>, <|python_end|>, <|output_start|> or <|output_end|>, got true");
        }
        boolean computes =
                !required && form.takesOutput() && (calculator == Use.YES || (calculator == Use.WHERE_IT_CAN && usual));
        return tools.isEmpty() && !computes
                ? Toolbox.NONE
                : new Toolbox(
                        form, computes, tools.stream().map(Tool::name).collect(Collectors.toSet()), required, single);
    }

    /// As chat templates take them.
    public List<Map<String, Object>> declarations() {
        return tools.stream().map(Tool::declaration).toList();
    }

    /// What an answer that must be a call looks like; empty if it need not be one.
    public Optional<Grammar> grammar(Tokenizer tokenizer) {
        if (!required) {
            return Optional.empty();
        }
        String arguments = CallForm.of(tokenizer).arguments();
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        ArrayNode calls = schema.putArray("anyOf");
        for (int i = 0; i < tools.size(); i++) {
            ObjectNode call = calls.addObject().put("type", "object");
            ObjectNode properties = call.putObject("properties");
            properties.putObject("name").put("const", tools.get(i).name());
            properties.set(
                    arguments,
                    ArgumentSchema.of(tools.get(i)).movedTo("#/anyOf/%d/properties/%s".formatted(i, arguments)));
            call.putArray("required").add("name").add(arguments);
        }
        return Optional.of(Grammar.of(schema, "tool_choice"));
    }

    /// The prompt that makes the model call, where it must.
    public int[] opened(int[] prompt, Tokenizer tokenizer) {
        if (!required) {
            return prompt;
        }
        int[] opening = CallForm.of(tokenizer).opening(tokenizer);
        int[] opened = Arrays.copyOf(prompt, prompt.length + opening.length);
        System.arraycopy(opening, 0, opened, prompt.length, opening.length);
        return opened;
    }
}
