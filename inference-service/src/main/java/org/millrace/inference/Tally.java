package org.millrace.inference;

import java.util.concurrent.atomic.LongAdder;

/// Counts of work done since the start, over all models and versions.
///
/// @param promptTokens ids read
/// @param drawnTokens ids drawn
/// @param steps decoding steps
public record Tally(LongAdder promptTokens, LongAdder drawnTokens, LongAdder steps) {

    public Tally() {
        this(new LongAdder(), new LongAdder(), new LongAdder());
    }
}
