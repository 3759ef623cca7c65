package org.millrace.inference;

import java.time.Duration;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/// How many prompt tokens are read between two steps while answers are being drawn: as many as take a pause of
/// theirs, or the time of a step if that is longer. So what is drawn stands still for no longer than a step and a
/// pause (or two steps), and a prompt that is read meanwhile has half of the time at least. What a token takes is
/// learned from the last that were read. Budgets of tokens between steps are Sarathi-Serve's (arXiv:2403.02310);
/// here they follow the clock, as what a token takes is known for no model and no machine beforehand.
///
/// Of the engine's thread.
final class Pace {

    /// Of a chunk: fewer tokens at once cost nearly as much.
    private static final int LEAST = 32;

    private final long pause;
    private final int chunk;
    private final LongSupplier clock;
    private double step; // ns that the last ones took
    private double nanos; // that reading took, the last most of all
    private double tokens; // that were read in them

    /// @param pause of what is drawn, above 0
    /// @param chunk tokens that are read at most, at least 1
    /// @param clock ns
    Pace(Duration pause, int chunk, LongSupplier clock) {
        this.pause = pause.toNanos();
        this.chunk = chunk;
        this.clock = clock;
    }

    /// Tokens of a pause, a 32nd of a chunk at least and a chunk at most; the least while none has been read.
    int tokens() {
        double fit = tokens == 0 ? 0 : Math.max(pause, step) / nanos * tokens;
        return (int) Math.clamp(fit, Math.ceilDiv(chunk, LEAST), chunk);
    }

    /// @param reading returns how many tokens were read, padding included
    /// @return the same
    int read(IntSupplier reading) {
        long begin = clock.getAsLong();
        int read = reading.getAsInt();
        nanos += clock.getAsLong() - begin;
        tokens += read;
        if (tokens > chunk) {
            nanos /= 2;
            tokens /= 2;
        }
        return read;
    }

    /// A token of each answer.
    void step(Runnable drawing) {
        long begin = clock.getAsLong();
        drawing.run();
        step += (clock.getAsLong() - begin - step) / 8; // one that came late does not make the next pause as long
    }
}
