package org.millrace.inference.tool;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// A tool that whoever asks can use for the model.
///
/// @param field how messages call it
/// @param name letters, digits, `_` and `-`, at most 64, and no choice of `tool_choice`
/// @param description what it is for; may be empty
/// @param parameters a JSON Schema of its arguments
public record Tool(String field, String name, String description, ObjectNode parameters) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final JsonMapper JSON = new JsonMapper();

    /// What a request says in place of a name.
    private static final Set<String> CHOICES = Set.of("auto", "none", "required");

    public Tool {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "%s.name: expected 1 to 64 letters, digits, _ and -, got \"%s\"".formatted(field, shown(name)));
        }
        if (CHOICES.contains(name)) {
            throw new IllegalArgumentException(
                    "%s.name: expected none of %s, which tool_choice means otherwise, got \"%s\""
                            .formatted(field, new TreeSet<>(CHOICES), name));
        }
    }

    private static String shown(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /// As chat templates take it, which is as OpenAI's API does.
    public Map<String, Object> declaration() {
        ObjectNode declaration = JsonNodeFactory.instance.objectNode().put("type", "function");
        ObjectNode function = declaration.putObject("function").put("name", name);
        if (!description.isEmpty()) {
            function.put("description", description);
        }
        function.set("parameters", parameters);
        return JSON.convertValue(declaration, new TypeReference<Map<String, Object>>() {});
    }
}
