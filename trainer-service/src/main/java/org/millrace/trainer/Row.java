package org.millrace.trainer;

import java.util.Arrays;

/// T positions of a batch: what goes in, what should come out, and which sequence each belongs
/// to. Attention stays within a segment. Rotary positions are relative, so they need not restart
/// with it.
///
/// @param inputs ids, T
/// @param labels id that should follow, or [#IGNORED], T
/// @param segments number of the sequence, T; padding has a segment of its own
public record Row(int[] inputs, int[] labels, int[] segments) {

    /// A label on which there is no loss.
    public static final int IGNORED = -1;

    /// A row of padding only.
    static Row empty(int context, int padding) {
        int[] inputs = new int[context];
        int[] labels = new int[context];
        int[] segments = new int[context];
        Arrays.fill(inputs, padding);
        Arrays.fill(labels, IGNORED);
        Arrays.fill(segments, -1);
        return new Row(inputs, labels, segments);
    }

    /// Labels that count.
    public int targets() {
        int count = 0;
        for (int label : labels) {
            if (label != IGNORED) {
                count++;
            }
        }
        return count;
    }
}
