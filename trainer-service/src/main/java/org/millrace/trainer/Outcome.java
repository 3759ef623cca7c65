package org.millrace.trainer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// How a run ended.
///
/// @param steps made
/// @param cancelled by the listener; nothing was published then
/// @param figures of the finished model, names with unit: `bits_per_byte`, `held_out_accuracy`, …
public record Outcome(long steps, boolean cancelled, SortedMap<String, Double> figures) {

    public Outcome {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
    }
}
