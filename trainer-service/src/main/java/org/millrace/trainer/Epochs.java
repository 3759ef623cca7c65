package org.millrace.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/// Rows without end: one epoch after the other, each packed anew. Where it stands is two numbers,
/// because the order of an epoch follows from the seed and the epoch's number alone.
public final class Epochs {

    private final long seed;
    private final Function<Random, List<Row>> pack;
    private List<Row> rows = List.of();
    private long begun;
    private int next;

    /// @param pack rows of one pass over the data, at least one
    public Epochs(long seed, Function<Random, List<Row>> pack) {
        this.seed = seed;
        this.pack = pack;
    }

    /// The next rows; a batch may span two epochs.
    public List<Row> next(int count) {
        List<Row> batch = new ArrayList<>(count);
        while (batch.size() < count) {
            if (next == rows.size()) {
                open(begun + 1);
                next = 0;
            }
            batch.add(rows.get(next++));
        }
        return batch;
    }

    /// Epochs begun, and rows taken of the last one.
    public double[] state() {
        return new double[] {begun, next};
    }

    /// Goes on from a [#state] over the same data.
    public void restore(double[] state) {
        if (state[0] > 0) {
            open((long) state[0]);
        }
        next = (int) state[1];
    }

    private void open(long epoch) {
        begun = epoch;
        rows = pack.apply(new Random(seed + 0x9E3779B97F4A7C15L * epoch)); // far apart, whatever the seed
        if (rows.isEmpty()) {
            throw new IllegalStateException("an epoch without rows");
        }
    }
}
