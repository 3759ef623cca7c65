package org.millrace.inference.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import org.millrace.inference.Generation;
import org.millrace.inference.Prompts;
import org.millrace.inference.Sampling;
import org.millrace.inference.Served;
import org.millrace.inference.http.RequestMetrics.Watch;

/// A request of OpenAI's API, checked as far as that is possible without knowing the model.
///
/// @param chat whether it is one of `/v1/chat/completions`; else of `/v1/completions`
/// @param model empty: the one that answers requests which name none
/// @param samples answers to each prompt
/// @param maxTokens of each answer; the end of the context may come first
/// @param stream whether the answers come token by token
/// @param usage whether a stream ends with how many tokens were read and drawn
/// @param logProbs whether each token comes with its log-probability
record Ask(
        boolean chat,
        String model,
        List<Prompt> prompts,
        Draw draw,
        int samples,
        int maxTokens,
        boolean ignoreEnd,
        List<String> stops,
        boolean stream,
        boolean usage,
        boolean logProbs) {

    /// Answers to one request: they fit into the smallest queue.
    private static final int MAX_CHOICES = 64;

    /// As many as OpenAI's API takes are 4; more do no harm.
    private static final int MAX_STOPS = 16;

    /// Of `/v1/completions`, where a request names no other: OpenAI's.
    private static final int COMPLETION_TOKENS = 16;

    /// How tokens are drawn, seeds aside as [Sampling].
    record Draw(double temperature, int topK, double topP, OptionalLong seed) {

        static Draw of(Fields request) {
            Draw draw = new Draw(
                    request.number("temperature", 1),
                    request.whole("top_k", 0, -1, Integer.MAX_VALUE),
                    request.number("top_p", 1),
                    request.whole("seed"));
            draw.sampling(); // names what is out of range
            return draw;
        }

        Sampling sampling() {
            return new Sampling(
                    temperature,
                    Math.max(0, topK), // vLLM says -1 for all
                    topP,
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
                request.flag("logprobs"));
    }

    static Ask completion(Fields request) {
        Options.checkCompletion(request);
        OptionalLong logProbs = request.whole("logprobs");
        if (logProbs.orElse(0) != 0) {
            throw new IllegalArgumentException("logprobs: expected 0 (others than the token drawn are not supported),"
                    + " got " + logProbs.getAsLong());
        }
        return of(
                false,
                request,
                Prompt.ofCompletion(request),
                request.whole("max_tokens", COMPLETION_TOKENS, 1, Integer.MAX_VALUE),
                logProbs.isPresent());
    }

    private static Ask of(boolean chat, Fields request, List<Prompt> prompts, int maxTokens, boolean logProbs) {
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
                stream,
                streaming.map(options -> options.flag("include_usage")).orElse(false),
                logProbs);
    }

    int choices() {
        return prompts.size() * samples;
    }

    /// For the engine: one generation for each prompt.
    ///
    /// @throws IllegalArgumentException naming what does not fit the model
    List<Watch> watches(Served served, RequestMetrics metrics, Events events) {
        int context = served.config().context();
        List<Watch> watches = new ArrayList<>();
        for (Prompt prompt : prompts) {
            int[] tokens = prompt.tokens(served);
            Prompts.checkFits(prompt.field(), tokens, context);
            Watch watch = metrics.watch(served, samples, events.from(watches.size() * samples));
            watch.follow(new Generation(
                    tokens, draw.sampling(), samples, Math.min(maxTokens, context), ignoreEnd, stops, watch));
            watches.add(watch);
        }
        return watches;
    }
}
