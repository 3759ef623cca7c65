package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Which options of OpenAI's API (and vLLM's additions to it) there are, and which of them the engine has not.
/// An option that would change the answer is refused rather than ignored; where its value asks for nothing, it
/// is taken. Whoever teaches the engine one moves its name from here to [Ask].
final class Options {

    private static final Set<String> BOTH = Set.of(
            "model",
            "max_tokens",
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "n",
            "stop",
            "stream",
            "stream_options",
            "logprobs",
            "ignore_eos",
            "min_p",
            "repetition_penalty",
            "presence_penalty",
            "frequency_penalty",
            "logit_bias",
            "stop_token_ids",
            "response_format",
            "calculator");

    private static final Set<String> CHAT =
            Set.of("messages", "max_completion_tokens", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls");

    private static final Set<String> COMPLETION = Set.of("prompt", "echo", "prompt_logprobs");

    /// Of no effect on an answer.
    private static final Set<String> NOTES =
            Set.of("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key");

    /// What the engine has not, and the values with which that is no loss.
    private static final Map<String, Predicate<JsonNode>> MISSING = Map.ofEntries(
            Map.entry("audio", Options::isNothing),
            Map.entry("best_of", value -> value.isInt() && value.intValue() == 1),
            Map.entry("echo", Options::isNothing),
            Map.entry("function_call", Options::isNone),
            Map.entry("functions", Options::isNothing),
            Map.entry(
                    "modalities",
                    value -> value.size() == 1 && value.path(0).asText().equals("text")),
            Map.entry("prediction", Options::isNothing),
            Map.entry("reasoning_effort", Options::isNone),
            Map.entry("suffix", Options::isNothing),
            Map.entry("tool_choice", value -> isNone(value) || value.asText().equals("auto")),
            Map.entry("tools", Options::isNothing),
            Map.entry("top_logprobs", Options::isNothing),
            Map.entry("verbosity", Options::isNone),
            Map.entry("web_search_options", value -> false));

    private Options() {}

    static void checkChat(Fields request) {
        check(request, CHAT);
    }

    static void checkCompletion(Fields request) {
        check(request, COMPLETION);
    }

    private static void check(Fields request, Set<String> own) {
        Set<String> known = new HashSet<>(BOTH);
        known.addAll(own);
        known.addAll(NOTES);
        for (String name : new TreeSet<>(
                request.object().properties().stream().map(Map.Entry::getKey).toList())) {
            if (known.contains(name) || request.find(name).isEmpty()) {
                continue;
            }
            Predicate<JsonNode> harmless = MISSING.get(name);
            if (harmless == null) {
                throw new IllegalArgumentException("%s: expected a known option, got this one".formatted(name));
            }
            if (!harmless.test(request.find(name).orElseThrow())) {
                throw new IllegalArgumentException("%s: is not supported".formatted(name));
            }
        }
    }

    /// 0, false, or an empty text, list or object.
    private static boolean isNothing(JsonNode value) {
        return value.isNumber() ? value.doubleValue() == 0 : value.isBoolean() ? !value.booleanValue() : isEmpty(value);
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isTextual() ? value.textValue().isEmpty() : value.isEmpty();
    }

    private static boolean isNone(JsonNode value) {
        return value.asText().equals("none");
    }
}
