package org.millrace.inference;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.schema.Grammar;
import org.millrace.inference.tool.Toolbox;

/// A request for answers to one prompt, on its way through an [Engine].
public final class Generation {

    /// Hears of the request, on the engine's thread: it must not block.
    public interface Listener {

        /// Before the first token of each answer.
        ///
        /// @param known tokens of the prompt that the engine had read before
        default void begun(int known) {
            // Most callers do not ask why it went fast.
        }

        /// Before the first token, if log-probabilities of the prompt were asked for.
        ///
        /// @param scores of the prompt's tokens from the second on
        default void read(List<Scored> scores) {
            // Most callers know their prompt.
        }

        void drawn(Drawn drawn);

        /// The engine broke or the model did, for this request; nothing more will come.
        void failed(Throwable cause);
    }

    /// What ends an answer.
    ///
    /// @param maxTokens at least 1; the end of the context may come first
    /// @param ignoreEnd go on after the end-of-turn token
    /// @param texts end an answer and are not part of it, none empty
    /// @param ids end an answer, also if `ignoreEnd`; part of its tokens, not of its text
    public record Ending(int maxTokens, boolean ignoreEnd, List<String> texts, Set<Integer> ids) {

        public Ending {
            if (maxTokens < 1) {
                throw new IllegalArgumentException("max_tokens: expected at least 1, got " + maxTokens);
            }
            for (int i = 0; i < texts.size(); i++) {
                if (texts.get(i).isEmpty()) {
                    throw new IllegalArgumentException("stop[%d]: expected at least 1 character, got 0".formatted(i));
                }
            }
            texts = List.copyOf(texts);
            ids = Set.copyOf(ids);
        }
    }

    /// Log-probabilities that are wanted besides those of the drawn tokens.
    ///
    /// @param top of so many likeliest tokens at each place, 0 to 20
    /// @param ofPrompt of the prompt's tokens
    public record Extras(int top, boolean ofPrompt) {

        public static final Extras NONE = new Extras(0, false);

        public Extras {
            if (top < 0 || top > 20) {
                throw new IllegalArgumentException("top_log_probs: expected 0 to 20, got " + top);
            }
        }
    }

    /// Whose turn it is when answers wait.
    public enum Priority {
        /// Somebody waits for the answer.
        USER,
        /// Answers for training.
        ROLLOUT
    }

    private final int[] prompt;
    private final Sampling sampling;
    private final int samples;
    private final Ending ending;
    private final Extras extras;
    private final Priority priority;
    private final Listener listener;
    private final @Nullable Grammar grammar;
    private final Toolbox tools;
    private volatile boolean cancelled;

    /// @param prompt ids the model sees, at least one
    /// @param samples answers wanted, at least 1
    /// @param grammar what each answer is, if it ends by itself; `null`: anything
    /// @param tools what the answers may call
    public Generation(
            int[] prompt,
            Sampling sampling,
            int samples,
            Ending ending,
            Extras extras,
            Priority priority,
            @Nullable Grammar grammar,
            Toolbox tools,
            Listener listener) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt: expected at least 1 token, got 0");
        }
        if (samples < 1) {
            throw new IllegalArgumentException("samples: expected at least 1, got " + samples);
        }
        this.prompt = prompt.clone();
        this.sampling = sampling;
        this.samples = samples;
        this.ending = ending;
        this.extras = extras;
        this.priority = priority;
        this.grammar = grammar;
        this.tools = tools;
        this.listener = listener;
    }

    /// One that may say anything, and call nothing.
    public Generation(
            int[] prompt,
            Sampling sampling,
            int samples,
            Ending ending,
            Extras extras,
            Priority priority,
            Listener listener) {
        this(prompt, sampling, samples, ending, extras, priority, null, Toolbox.NONE, listener);
    }

    /// A user's, without stop ids and further log-probabilities.
    public Generation(
            int[] prompt,
            Sampling sampling,
            int samples,
            int maxTokens,
            boolean ignoreEnd,
            List<String> stops,
            Listener listener) {
        this(
                prompt,
                sampling,
                samples,
                new Ending(maxTokens, ignoreEnd, stops, Set.of()),
                Extras.NONE,
                Priority.USER,
                listener);
    }

    /// Nobody waits for the answers any more: their slots are free before the next step.
    public void cancel() {
        cancelled = true;
    }

    /// Ends all its answers, and says why; once, on the engine's thread.
    void fail(Throwable cause) {
        if (!cancelled) {
            cancelled = true;
            listener.failed(cause);
        }
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

    Ending ending() {
        return ending;
    }

    Extras extras() {
        return extras;
    }

    @Nullable
    Grammar grammar() {
        return grammar;
    }

    Toolbox tools() {
        return tools;
    }

    Priority priority() {
        return priority;
    }

    Listener listener() {
        return listener;
    }
}
