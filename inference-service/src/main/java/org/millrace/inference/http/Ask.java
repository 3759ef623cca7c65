package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.millrace.inference.Generation;
import org.millrace.inference.Prompts;
import org.millrace.inference.Sampling;
import org.millrace.inference.Served;
import org.millrace.inference.http.RequestMetrics.Watch;
import org.millrace.inference.schema.Grammar;
import org.millrace.inference.tool.ToolRequest;

/// A request of OpenAI's API, checked as far as that is possible without knowing the model.
///
/// @param chat whether it is one of `/v1/chat/completions`; else of `/v1/completions`
/// @param model empty: the one that answers requests which name none
/// @param samples answers to each prompt
/// @param maxTokens of each answer; the end of the context may come first. 0: the prompts alone are wanted back
/// @param stopIds end an answer; part of its tokens, not of its text
/// @param stream whether the answers come token by token
/// @param usage whether a stream ends with how many tokens were read and drawn
/// @param grammar what each answer is, if it ends by itself and need not be a call; empty: anything
/// @param tools what the answers may call
/// @param logProbs which log-probabilities come with the answers
record Ask(
        boolean chat,
        String model,
        List<Prompt> prompts,
        Draw draw,
        int samples,
        int maxTokens,
        boolean ignoreEnd,
        List<String> stops,
        List<Integer> stopIds,
        Optional<Grammar> grammar,
        ToolRequest tools,
        boolean stream,
        boolean usage,
        Wanted logProbs) {

    /// Answers to one request: they fit into the smallest queue.
    private static final int MAX_CHOICES = 64;

    /// As many as OpenAI's API takes are 4; more do no harm.
    private static final int MAX_STOPS = 16;

    /// Of `/v1/completions`, where a request names no other: OpenAI's.
    private static final int COMPLETION_TOKENS = 16;

    /// Biased ids of one request, as gRPC has it.
    private static final int MAX_BIASES = 1024;

    /// Likeliest tokens at one place.
    private static final int MAX_TOP = 20;

    /// Tokens of one reply and the likeliest ones beside them, which are in memory together until the last has come:
    /// 64 answers of 32,768. With log-probabilities each takes about half a kilobyte as JSON.
    private static final long MAX_TOKENS = 1 << 21;

    /// Which log-probabilities are wanted.
    ///
    /// @param drawn those of the tokens of an answer
    /// @param top so many likeliest tokens beside each
    /// @param echo whether an answer begins with its prompt, as if that had been drawn too
    /// @param prompt of the prompt's tokens, by themselves, with so many likeliest ones; empty: none
    record Wanted(boolean drawn, int top, boolean echo, OptionalInt prompt) {

        static Wanted ofChat(Fields request) {
            boolean drawn = request.flag("logprobs");
            int top = request.whole("top_logprobs", 0, 0, MAX_TOP);
            if (top > 0 && !drawn) {
                throw new IllegalArgumentException(
                        "top_logprobs: expected only where logprobs is true, got " + top + " without");
            }
            return new Wanted(drawn, top, false, OptionalInt.empty());
        }

        static Wanted ofCompletion(Fields request) {
            int top = request.whole("logprobs", -1, 0, MAX_TOP);
            int prompt = request.whole("prompt_logprobs", -1, 0, MAX_TOP);
            if (prompt >= 0 && request.flag("stream")) {
                throw new IllegalArgumentException(
                        "prompt_logprobs: expected only where stream is not true, got " + prompt + " with it");
            }
            return new Wanted(
                    top >= 0,
                    Math.max(0, top),
                    request.flag("echo"),
                    prompt < 0 ? OptionalInt.empty() : OptionalInt.of(prompt));
        }

        Generation.Extras extras() {
            return new Generation.Extras(Math.max(top, prompt.orElse(0)), (drawn && echo) || prompt.isPresent());
        }
    }

    /// How tokens are drawn, seeds aside as [Sampling].
    record Draw(
            double temperature,
            int topK,
            double topP,
            double minP,
            Sampling.Penalties penalties,
            Map<Integer, Float> bias,
            OptionalLong seed) {

        static Draw of(Fields request) {
            Draw draw = new Draw(
                    request.number("temperature", 1),
                    request.whole("top_k", 0, -1, Integer.MAX_VALUE),
                    request.number("top_p", 1),
                    request.number("min_p", 0),
                    new Sampling.Penalties(
                            request.number("repetition_penalty", 1),
                            request.number("presence_penalty", 0),
                            request.number("frequency_penalty", 0)),
                    bias(request),
                    request.whole("seed"));
            draw.sampling(); // names what is out of range
            return draw;
        }

        private static Map<Integer, Float> bias(Fields request) {
            Optional<JsonNode> given = request.find("logit_bias");
            if (given.isEmpty()) {
                return Map.of();
            }
            Fields byId = Fields.of(given.get(), "logit_bias");
            if (byId.object().size() > MAX_BIASES) {
                throw new IllegalArgumentException("logit_bias: expected at most %d ids, got %d"
                        .formatted(MAX_BIASES, byId.object().size()));
            }
            Map<Integer, Float> bias = new HashMap<>();
            for (Map.Entry<String, JsonNode> entry : byId.object().properties()) {
                String id = entry.getKey();
                if (!ID.matcher(id).matches()) {
                    throw new IllegalArgumentException("logit_bias: expected ids, got \"%s\"".formatted(id));
                }
                bias.put(Integer.valueOf(id), (float) byId.number(id, 0));
            }
            return bias;
        }

        private static final Pattern ID = Pattern.compile("[0-9]{1,9}");

        Sampling sampling() {
            return new Sampling(
                    temperature,
                    Math.max(0, topK), // vLLM says -1 for all
                    topP,
                    minP,
                    penalties,
                    bias,
                    seed.orElseGet(() -> ThreadLocalRandom.current().nextLong()));
        }
    }

    static Ask chat(Fields request) {
        Options.checkChat(request);
        int maxTokens = request.whole("max_tokens", Integer.MAX_VALUE, 1, Integer.MAX_VALUE);
        return of(
                true,
                request,
                List.of(Messages.of(request)),
                request.whole("max_completion_tokens", maxTokens, 1, Integer.MAX_VALUE),
                Wanted.ofChat(request));
    }

    static Ask completion(Fields request) {
        Options.checkCompletion(request);
        return of(
                false,
                request,
                Prompt.ofCompletion(request),
                request.whole("max_tokens", COMPLETION_TOKENS, request.flag("echo") ? 0 : 1, Integer.MAX_VALUE),
                Wanted.ofCompletion(request));
    }

    private static Ask of(boolean chat, Fields request, List<Prompt> prompts, int maxTokens, Wanted logProbs) {
        List<String> stops = request.texts("stop");
        if (stops.size() > MAX_STOPS) {
            throw new IllegalArgumentException(
                    "stop: expected 0 to %d texts, got %d".formatted(MAX_STOPS, stops.size()));
        }
        int samples = request.whole("n", 1, 1, MAX_CHOICES);
        if (prompts.size() > MAX_CHOICES / samples) {
            throw new IllegalArgumentException("prompt: expected at most %d with n = %d, got %d"
                    .formatted(MAX_CHOICES / samples, samples, prompts.size()));
        }
        Optional<Grammar> grammar = grammar(request);
        ToolRequest tools = chat ? ToolFields.ofChat(request) : ToolFields.ofCompletion(request);
        if (grammar.isPresent()) {
            tools.checkBeside("response_format");
        }
        boolean stream = request.flag("stream");
        Optional<Fields> streaming = request.find("stream_options").map(node -> Fields.of(node, "stream_options"));
        if (streaming.isPresent() && !stream) {
            throw new IllegalArgumentException("stream_options: expected only where stream is true, got it without");
        }
        return new Ask(
                chat,
                request.text("model", ""),
                prompts,
                Draw.of(request),
                samples,
                maxTokens,
                request.flag("ignore_eos"),
                stops,
                stopIds(request),
                grammar,
                tools,
                stream,
                streaming.map(options -> options.flag("include_usage")).orElse(false),
                logProbs);
    }

    private static Optional<Grammar> grammar(Fields request) {
        Optional<JsonNode> given = request.find("response_format");
        if (given.isEmpty()) {
            return Optional.empty();
        }
        Fields format = Fields.of(given.get(), "response_format");
        String type = format.text("type", "");
        if (!type.equals("text") && request.flag("ignore_eos")) {
            throw new IllegalArgumentException("ignore_eos: expected false with response_format, got true");
        }
        return switch (type) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(Grammar.anyObject("response_format"));
            case "json_schema" -> {
                Fields named = Fields.of(format.need("json_schema", "an object"), "response_format.json_schema");
                yield Optional.of(Grammar.of(named.need("schema", "a schema"), named.path() + "schema"));
            }
            default ->
                throw new IllegalArgumentException(
                        "response_format.type: expected text, json_object or json_schema, got \"%s\"".formatted(type));
        };
    }

    private static List<Integer> stopIds(Fields request) {
        List<Integer> ids = request.ids("stop_token_ids");
        if (ids.size() > MAX_STOPS) {
            throw new IllegalArgumentException(
                    "stop_token_ids: expected 0 to %d ids, got %d".formatted(MAX_STOPS, ids.size()));
        }
        return ids;
    }

    int choices() {
        return prompts.size() * samples;
    }

    /// Whether nothing is to be drawn. An engine draws one token at least, which nobody is told of.
    boolean isOfPromptsAlone() {
        return maxTokens == 0;
    }

    /// For the engine: one generation for each prompt.
    ///
    /// @throws IllegalArgumentException naming what does not fit the model
    List<Watch> watches(Served served, RequestMetrics metrics, Events events) {
        int context = served.config().context();
        Set<Integer> stopTokens = stopIds.isEmpty()
                ? Set.of()
                : Arrays.stream(Prompts.ids("stop_token_ids", stopIds, served))
                        .boxed()
                        .collect(Collectors.toSet());
        var ending = new Generation.Ending(Math.clamp(maxTokens, 1, context), ignoreEnd, stops, stopTokens);
        List<Watch> watches = new ArrayList<>();
        long most = 0;
        for (Prompt prompt : prompts) {
            int[] tokens = tools.opened(prompt.tokens(served, tools), served.tokenizer());
            Prompts.checkFits(prompt.field(), tokens, context);
            most += (long) samples * held(tokens.length, Math.min(ending.maxTokens(), context - tokens.length));
            Watch watch = metrics.watch(served, samples, events.from(watches.size() * samples));
            watch.follow(new Generation(
                    tokens,
                    draw.sampling(),
                    samples,
                    ending,
                    logProbs.extras(),
                    Generation.Priority.USER,
                    grammar.or(() -> tools.grammar(served.tokenizer())).orElse(null),
                    tools.toolbox(served.tokenizer(), chat && grammar.isEmpty()),
                    watch));
            watches.add(watch);
        }
        if (most > MAX_TOKENS) {
            throw new IllegalArgumentException(
                    "max_tokens: expected n · (max_tokens + prompt if it comes back) · (1 + %s) of all prompts to be at most %d, got %d"
                            .formatted(chat ? "top_logprobs" : "logprobs or prompt_logprobs", MAX_TOKENS, most));
        }
        return watches;
    }

    /// Tokens that an answer keeps in memory until it ends, likeliest ones included. In a stream those that are drawn
    /// go as they come.
    private long held(int prompt, int drawn) {
        boolean back = logProbs.echo() || logProbs.prompt().isPresent();
        return ((stream ? 0L : drawn) + (back ? prompt : 0))
                * (1 + logProbs.extras().top());
    }
}
