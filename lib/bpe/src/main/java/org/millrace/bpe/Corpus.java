package org.millrace.bpe;

import java.util.Arrays;

/// All different pieces of a text, byte after byte, as linked lists of tokens in which pairs are merged. For one
/// thread.
final class Corpus {

    private static final int NONE = -1;

    private final PairIndex pairs = new PairIndex();
    private final int[] tokens;
    private final int[] next;
    private final int[] previous;
    private final int[] pieces;
    private final long[] times;
    private int[] risen = new int[64];

    Corpus(PieceCounts counts) {
        int total = counts.totalBytes();
        tokens = new int[total];
        next = new int[total];
        previous = new int[total];
        pieces = new int[total];
        times = new long[counts.size()];
        for (int piece = 0; piece < times.length; piece++) {
            times[piece] = counts.count(piece);
            int last = counts.end(piece) - 1;
            for (int place = counts.start(piece); place <= last; place++) {
                tokens[place] = counts.at(place);
                next[place] = place < last ? place + 1 : NONE;
                previous[place] = place > counts.start(piece) ? place - 1 : NONE;
                pieces[place] = piece;
            }
        }
        for (int place = 0; place < total; place++) {
            if (next[place] != NONE) {
                see(place);
            }
        }
    }

    PairIndex pairs() {
        return pairs;
    }

    /// Replaces a pair everywhere, from left to right.
    ///
    /// @param queue told of the pairs that are more frequent than before
    void merge(int number, int result, PairQueue queue) {
        int left = pairs.left(number);
        int right = pairs.right(number);
        int rises = 0;
        for (int at : pairs.removePlaces(number)) {
            int after = next[at];
            if (after == NONE || tokens[at] != left || tokens[after] != right) {
                continue; // another merge took one of the two since
            }
            int before = previous[at];
            int behind = next[after];
            if (before != NONE) {
                forget(before, number);
            }
            if (behind != NONE) {
                forget(after, number);
            }
            tokens[at] = result;
            tokens[after] = NONE;
            next[after] = NONE;
            next[at] = behind;
            if (rises + 2 > risen.length) {
                risen = Arrays.copyOf(risen, 2 * risen.length);
            }
            if (before != NONE) {
                risen[rises++] = see(before);
            }
            if (behind != NONE) {
                previous[behind] = at;
                risen[rises++] = see(at);
            }
        }
        for (int i = 0; i < rises; i++) {
            queue.risen(risen[i]);
        }
    }

    /// Counts the pair that begins at a place.
    private int see(int place) {
        return pairs.see(tokens[place], tokens[next[place]], place, times[pieces[place]]);
    }

    /// @param merged pair that is being merged, of which nothing is counted any more
    private void forget(int place, int merged) {
        int number = pairs.number(tokens[place], tokens[next[place]]);
        if (number != merged) { // as in a run of one letter
            pairs.forget(number, times[pieces[place]]);
        }
    }
}
