package org.millrace.inference;

import java.util.List;

/// A request for answers to one prompt, on its way through an [Engine].
public final class Generation {

    /// Hears of the request, on the engine's thread: it must not block.
    public interface Listener {

        void drawn(Drawn drawn);

        /// The engine broke; nothing more will come.
        void failed(Throwable cause);
    }

    private final int[] prompt;
    private final Sampling sampling;
    private final int samples;
    private final int maxTokens;
    private final boolean ignoreEnd;
    private final List<String> stops;
    private final Listener listener;
    private volatile boolean cancelled;

    /// @param prompt ids the model sees, at least one
    /// @param samples answers wanted, at least 1
    /// @param maxTokens of each answer, at least 1; the end of the context may come first
    /// @param ignoreEnd go on after the end-of-turn token
    /// @param stops texts that end an answer, none empty
    public Generation(
            int[] prompt,
            Sampling sampling,
            int samples,
            int maxTokens,
            boolean ignoreEnd,
            List<String> stops,
            Listener listener) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt: expected at least 1 token, got 0");
        }
        if (samples < 1) {
            throw new IllegalArgumentException("samples: expected at least 1, got " + samples);
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max_tokens: expected at least 1, got " + maxTokens);
        }
        for (int i = 0; i < stops.size(); i++) {
            if (stops.get(i).isEmpty()) {
                throw new IllegalArgumentException("stop[%d]: expected at least 1 character, got 0".formatted(i));
            }
        }
        this.prompt = prompt.clone();
        this.sampling = sampling;
        this.samples = samples;
        this.maxTokens = maxTokens;
        this.ignoreEnd = ignoreEnd;
        this.stops = List.copyOf(stops);
        this.listener = listener;
    }

    /// Nobody waits for the answers any more: their slots are free before the next step.
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    public int[] prompt() {
        return prompt.clone();
    }

    /// The prompt itself, for the engine, which does not write to it.
    int[] tokens() {
        return prompt;
    }

    Sampling sampling() {
        return sampling;
    }

    int samples() {
        return samples;
    }

    int maxTokens() {
        return maxTokens;
    }

    boolean ignoresEnd() {
        return ignoreEnd;
    }

    List<String> stops() {
        return stops;
    }

    Listener listener() {
        return listener;
    }
}
