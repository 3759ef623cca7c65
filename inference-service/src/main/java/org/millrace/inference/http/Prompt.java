package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.Prompts;
import org.millrace.inference.Served;
import org.millrace.inference.tool.ToolRequest;

/// What a request wants continued.
sealed interface Prompt permits Messages, Prompt.Text, Prompt.Ids {

    /// How the request calls it.
    String field();

    /// What the model sees.
    ///
    /// @param tools that it is told of, in a chat
    /// @throws IllegalArgumentException naming field, expectation and value
    int[] tokens(Served served, ToolRequest tools);

    record Text(String field, String text) implements Prompt {
        @Override
        public int[] tokens(Served served, ToolRequest tools) {
            return Prompts.text(field, text, served);
        }
    }

    record Ids(String field, List<Integer> ids) implements Prompt {
        @Override
        public int[] tokens(Served served, ToolRequest tools) {
            return Prompts.ids(field, ids, served);
        }
    }

    /// Of `/v1/completions`: a text, a list of texts, the ids of one prompt, or a list of such lists.
    static List<Prompt> ofCompletion(Fields request) {
        JsonNode prompt = request.need("prompt", "text, ids, or a list of them");
        if (!prompt.isArray()) {
            return List.of(new Text("prompt", Fields.text("prompt", prompt)));
        }
        if (prompt.path(0).isNumber()) {
            return List.of(ids("prompt", prompt));
        }
        List<Prompt> prompts = new ArrayList<>();
        for (JsonNode element : prompt) {
            String field = "prompt[%d]".formatted(prompts.size());
            prompts.add(element.isArray() ? ids(field, element) : new Text(field, Fields.text(field, element)));
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("prompt: expected at least 1, got 0");
        }
        return prompts;
    }

    private static Ids ids(String field, JsonNode list) {
        return new Ids(field, Fields.ids(field, list));
    }
}
