package org.millrace.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// A request for the log-probabilities of given continuations of one prompt.
///
/// The prompt is read once; the continuations overwrite each other behind it in one row. All is fed in
/// pieces, so that answers being drawn wait for one of them at a time.
public final class Scoring {

    private final int[] prompt;
    private final List<int[]> continuations;
    private final double temperature;
    private final List<double[]> done = new ArrayList<>();
    private final CompletableFuture<List<double[]>> result = new CompletableFuture<>();
    private int continuation;
    private int fed;

    /// @param prompt at least one id
    /// @param continuations each at least one id
    /// @param temperature logits are divided by it, 0.01 to 100
    public Scoring(int[] prompt, List<int[]> continuations, double temperature) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt_tokens: expected at least 1, got 0");
        }
        for (int i = 0; i < continuations.size(); i++) {
            if (continuations.get(i).length == 0) {
                throw new IllegalArgumentException("continuations[%d].tokens: expected at least 1, got 0".formatted(i));
            }
        }
        if (continuations.isEmpty()) {
            throw new IllegalArgumentException("continuations: expected at least 1, got 0");
        }
        this.prompt = prompt.clone();
        this.continuations = continuations.stream().map(int[]::clone).toList();
        this.temperature = new Sampling(temperature, 0, 1, 0).divisor();
        done.add(new double[this.continuations.getFirst().length]);
    }

    /// For each continuation its log-probabilities in nats, one per id, or [NotFinite]. Whoever no longer waits may
    /// cancel it.
    public CompletableFuture<List<double[]>> result() {
        return result;
    }

    int continuations() {
        return continuations.size();
    }

    /// True if nothing more is to be done for it: all is scored, or nobody waits.
    boolean isOver() {
        return result.isDone();
    }

    private boolean isDone() {
        return continuation == continuations.size();
    }

    /// Feeds the next piece of at most `most` tokens.
    ///
    /// @return tokens of the piece
    int feed(Decoder decoder, int row, int most, Sampler sampler, float[] logits) {
        int[] answer = continuations.get(continuation);
        int length = prompt.length + answer.length - 1; // what follows the last token is of no interest
        int[] piece = new int[Math.min(most, length - fed)];
        for (int i = 0; i < piece.length; i++) {
            piece[i] = token(fed + i, answer);
        }
        int firstWanted = Math.max(fed, prompt.length - 1);
        int wanted = Math.max(1, fed + piece.length - firstWanted);
        var out = decoder.extend(row, fed, piece, wanted);
        double[] logProbs = done.getLast();
        for (int i = 0; i < wanted; i++) {
            int next = fed + piece.length - wanted + i + 1 - prompt.length;
            if (next >= 0) {
                out.get(i * logits.length, logits);
                try {
                    logProbs[next] = sampler.logProb(logits, answer[next], temperature);
                } catch (NotFinite e) {
                    result.completeExceptionally(e); // and so it is over
                    return piece.length;
                }
            }
        }
        fed += piece.length;
        if (fed == length) {
            continuation++;
            fed = prompt.length - 1; // the row still holds the prompt; its last token is fed again for its logits
            if (isDone()) {
                result.complete(done);
            } else {
                done.add(new double[continuations.get(continuation).length]);
            }
        }
        return piece.length;
    }

    private int token(int position, int[] answer) {
        return position < prompt.length ? prompt[position] : answer[position - prompt.length];
    }
}
