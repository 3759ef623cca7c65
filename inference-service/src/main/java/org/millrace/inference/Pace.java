package org.millrace.inference;

import java.time.Duration;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/// How many tokens of prompts or of a scoring are fed between two steps while answers are being drawn: as many as
/// take a pause of theirs, or the time of two steps if that is longer. What a token takes is learned from the last
/// reads, the newest of which counts most. Budgets of tokens between steps are Sarathi-Serve's (arXiv:2403.02310);
/// here they follow the clock, as what a token takes is known for no model and no machine beforehand.
///
/// Reading costs `a + b·n`, with a about a step (all weights are read once) and n tokens. Two steps of time hold a
/// twice, so a budget that has become small, of short prompts or on a machine that had other work, grows again, at
/// most twofold with each read, until `a + b·n` fills it.
///
/// Of the engine's thread.
final class Pace {

    /// Fewer at once cost nearly as much: they are read however slow, and fewer than these teach nothing.
    private static final int LEAST = 16;

    /// Of a chunk, if that is less.
    private static final int LEAST_OF_CHUNK = 32;

    private final long pause;
    private final int chunk;
    private final int least;
    private final LongSupplier clock;
    private double step; // ns that the last ones took
    private long spent; // ns on reading since the last one
    private double nanos; // that the last reads took
    private double tokens; // of them

    /// @param pause of what is drawn, above 0
    /// @param chunk tokens that are read at most, at least 1
    /// @param clock ns
    Pace(Duration pause, int chunk, LongSupplier clock) {
        this.pause = pause.toNanos();
        this.chunk = chunk;
        this.least = Math.min(LEAST, Math.ceilDiv(chunk, LEAST_OF_CHUNK));
        this.clock = clock;
    }

    /// Tokens of a pause, a chunk at most; the least while nothing is known.
    int tokens() {
        return (int) Math.clamp(tokens == 0 ? 0 : tokensOf(time()), least, chunk);
    }

    /// What is left of them: all, before the first is read, so that the least is read however slow. Many short
    /// reads take longer than one of as many tokens: once the time is over, nothing.
    ///
    /// @param read tokens, since the last step
    int left(int read) {
        int most = Math.max(0, tokens() - read);
        return read == 0 || tokens == 0 ? most : (int) Math.clamp(tokensOf(time() - spent), 0, most);
    }

    /// Of those that do not fit, and of a scoring: tokens of a piece, however little is left.
    int piece() {
        return Math.max(least, Math.ceilDiv(tokens(), 8));
    }

    /// Nobody has waited.
    void begin() {
        spent = 0;
    }

    private double tokensOf(double time) {
        return time * tokens / nanos;
    }

    private double time() {
        return Math.max(pause, 2 * step);
    }

    /// @param reading returns how many tokens were read, padding included
    /// @return the same
    int read(IntSupplier reading) {
        long begin = clock.getAsLong();
        int read = reading.getAsInt();
        long took = clock.getAsLong() - begin;
        spent += took;
        if (read >= least) {
            nanos = nanos / 2 + took;
            tokens = tokens / 2 + read;
        }
        return read;
    }

    /// A token of each of some answers.
    void step(Runnable drawing) {
        long begin = clock.getAsLong();
        drawing.run();
        step += (clock.getAsLong() - begin - step) / 8; // one that came late does not make the next pause as long
        begin();
    }
}
