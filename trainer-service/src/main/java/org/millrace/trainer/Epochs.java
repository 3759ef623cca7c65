package org.millrace.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Rows without end: one epoch after the other, each packed anew.
public final class Epochs {

    private final Supplier<List<Row>> epoch;
    private List<Row> rows = List.of();
    private int next;

    /// @param epoch rows of one pass over the data, at least one
    public Epochs(Supplier<List<Row>> epoch) {
        this.epoch = epoch;
    }

    /// The next rows; a batch may span two epochs.
    public List<Row> next(int count) {
        List<Row> batch = new ArrayList<>(count);
        while (batch.size() < count) {
            if (next == rows.size()) {
                rows = epoch.get();
                next = 0;
                if (rows.isEmpty()) {
                    throw new IllegalStateException("an epoch without rows");
                }
            }
            batch.add(rows.get(next++));
        }
        return batch;
    }
}
