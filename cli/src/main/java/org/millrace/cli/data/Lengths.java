package org.millrace.cli.data;

import java.util.ArrayList;
import java.util.List;

/// How long texts are: eight steps to each doubling, so a quantile is right to 4.5 %.
final class Lengths {

    private static final int STEPS = 8;

    private final long[] counts = new long[32 * STEPS];
    private long total;
    private long sum;

    /// @param length at least 0
    void add(int length) {
        counts[step(length)]++;
        total++;
        sum += length;
    }

    private static int step(int length) {
        return length < 2 ? 0 : (int) (STEPS * Math.log(length) / Math.log(2) + 1e-9);
    }

    long total() {
        return total;
    }

    double mean() {
        return total == 0 ? 0 : (double) sum / total;
    }

    /// The length that a share of the texts does not exceed.
    ///
    /// - **Error:** at most a factor of `2^(1/16)`.
    ///
    /// @param share 0 to 1
    long quantile(double share) {
        long wanted = Math.max(1, (long) Math.ceil(share * total));
        long seen = 0;
        for (int step = 0; step < counts.length; step++) {
            seen += counts[step];
            if (seen >= wanted) {
                return Math.round(Math.pow(2, (step + 0.5) / STEPS));
            }
        }
        return 0;
    }

    record Range(long from, long below, long count) {}

    /// A range to each doubling, from the first that has a text to the last.
    List<Range> doublings() {
        List<Range> ranges = new ArrayList<>();
        for (int octave = 0; octave < counts.length / STEPS; octave++) {
            long count = 0;
            for (int step = 0; step < STEPS; step++) {
                count += counts[octave * STEPS + step];
            }
            ranges.add(new Range(octave == 0 ? 0 : 1L << octave, 2L << octave, count));
        }
        while (!ranges.isEmpty() && ranges.getLast().count() == 0) {
            ranges.removeLast();
        }
        while (!ranges.isEmpty() && ranges.getFirst().count() == 0) {
            ranges.removeFirst();
        }
        return ranges;
    }
}
