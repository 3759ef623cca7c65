package org.millrace.inference;

import java.nio.FloatBuffer;
import java.util.Arrays;

/// The rows of a decoder in which answers are drawn, and what each of them holds: the prefix cache. The first rows
/// are in use; the others keep what was drawn there until somebody needs the room, the least recently used first.
///
/// ```text
/// in use ┊ free: they keep their tokens
/// 0 1 2  ┊ 3 4 5         a prompt gets row 3, and in it what any row knows of its beginning:
///        ┊ ▲   └ oldest    what row 3 kept moves to the oldest, whose own is lost
/// ```
///
/// A row whose tokens the prompt continues, all of them, is taken over; of any other the beginning is
/// copied. What is kept twice goes before what is old. Rows that are in use may be set aside, behind the others,
/// while their prompts are read. For one thread; the decoder's rows behind these are none of its business.
final class Rows {

    /// Tokens in common that are worth a look at a prompt by itself; prompts that share fewer are read side by side.
    static final int LEAST = 16;

    private final Decoder decoder;
    private final int[][] tokens; // by row
    private final int[] lengths; // of them, how many count
    private final long[] used; // when it was last in use
    private long clock;
    private int end; // of those that are in use or free: behind it are those set aside

    /// @param count rows, at least 1
    /// @param context tokens that a row has room for
    Rows(Decoder decoder, int count, int context) {
        this.decoder = decoder;
        this.tokens = new int[count][context];
        this.lengths = new int[count];
        this.used = new long[count];
        this.end = count;
    }

    /// How many of a prompt's tokens need not be read: those with which some row begins, all but the last at most,
    /// since what comes next is known only when that is fed. 0 if they are too few to be worth it.
    int known(int[] prompt) {
        int most = prompt.length - 1;
        int known = 0;
        for (int row = 0; row < lengths.length; row++) {
            known = Math.max(known, shared(row, prompt, most));
        }
        return known >= Math.min(LEAST, most) ? known : 0;
    }

    /// Makes a row the place of a prompt.
    ///
    /// @param place the first row that is not in use; it is from now on
    /// @param known 0, or as many tokens of the prompt as some row holds: so many this one then holds
    void take(int place, int[] prompt, int known) {
        int source = known == 0 ? place : source(place, prompt, known);
        int victim = known > 0 && isFree(source, place) && lengths[source] == known ? source : victim(place);
        if (victim == source && known > 0) {
            move(source, place);
        } else {
            copy(place, victim, lengths[place]); // what lay here is worth more than what lay there
            copy(source, place, known);
        }
        lengths[place] = known;
        used[place] = ++clock;
    }

    /// A row is not in use any more; the last one that is moves into the gap.
    void release(int row, int last) {
        move(row, last);
        used[last] = ++clock;
    }

    /// Sets the last row that is in use aside: others come and go before it. It lies before those that were set aside
    /// before it.
    void setAside(int row) {
        end--;
        move(row, end);
    }

    /// A row that was set aside becomes the one at this place, the first that is not in use; the one that was set
    /// aside last moves to where it lay.
    void takeBack(int row, int place) {
        move(end, row);
        move(end, place);
        end++;
        used[place] = ++clock;
    }

    /// What lies in one row changes places with what lies in another.
    private void move(int from, int to) {
        if (from != to) {
            swap(from, to);
        }
    }

    private boolean isFree(int row, int place) {
        return place <= row && row < end;
    }

    /// As [Decoder#read]; the rows have been taken.
    FloatBuffer read(int first, int[][] prompts) {
        for (int i = 0; i < prompts.length; i++) {
            put(first + i, 0, prompts[i]);
        }
        return decoder.read(first, prompts);
    }

    /// As [Decoder#step].
    FloatBuffer step(int rows, int[] next, int[] before) {
        for (int row = 0; row < rows; row++) {
            tokens[row][before[row]] = next[row];
            lengths[row] = before[row] + 1;
        }
        return decoder.step(rows, next, before);
    }

    /// As [Decoder#extend].
    FloatBuffer extend(int row, int before, int[] piece, int wanted) {
        put(row, before, piece);
        return decoder.extend(row, before, piece, wanted);
    }

    /// What a row holds.
    int[] held(int row) {
        return Arrays.copyOf(tokens[row], lengths[row]);
    }

    private void put(int row, int before, int[] piece) {
        System.arraycopy(piece, 0, tokens[row], before, piece.length);
        lengths[row] = before + piece.length;
    }

    /// Of the rows that know so much, the oldest that is free and holds nothing else, or else any.
    private int source(int place, int[] prompt, int known) {
        int best = -1;
        for (int row = 0; row < lengths.length; row++) {
            if (shared(row, prompt, known) == known) {
                boolean whole = isFree(row, place) && lengths[row] == known;
                boolean bestWhole = isFree(best, place) && lengths[best] == known;
                if (best < 0 || (whole && (!bestWhole || used[row] < used[best]))) {
                    best = row;
                }
            }
        }
        return best;
    }

    /// The row whose content goes: the oldest that is kept twice, as after samples of one prompt, or else the oldest.
    private int victim(int place) {
        int oldest = -1;
        for (int row = place; row < end; row++) {
            if (isKeptTwice(row, place) && (oldest < 0 || used[row] < used[oldest])) {
                oldest = row;
            }
        }
        return oldest < 0 ? oldest(place) : oldest;
    }

    private boolean isKeptTwice(int row, int place) {
        for (int other = place; other < end; other++) {
            if (other != row && lengths[row] > 0 && holdsTheSame(row, other)) {
                return true;
            }
        }
        return false;
    }

    private boolean holdsTheSame(int a, int b) {
        return Arrays.equals(tokens[a], 0, lengths[a], tokens[b], 0, lengths[b]);
    }

    private int oldest(int place) {
        int oldest = place;
        for (int row = place + 1; row < end; row++) {
            if (age(row) < age(oldest)) {
                oldest = row;
            }
        }
        return oldest;
    }

    /// An empty row is no loss.
    private long age(int row) {
        return lengths[row] == 0 ? 0 : used[row];
    }

    private int shared(int row, int[] prompt, int most) {
        int end = Math.min(lengths[row], most);
        int mismatch = Arrays.mismatch(tokens[row], 0, end, prompt, 0, end);
        return mismatch < 0 ? end : mismatch;
    }

    private void copy(int from, int to, int length) {
        if (from == to || length == 0) {
            lengths[to] = length;
            return;
        }
        if (lengths[from] != length || !holdsTheSame(from, to)) {
            decoder.copy(from, to, length);
            put(to, 0, Arrays.copyOf(tokens[from], length));
        }
        used[to] = used[from];
    }

    private void swap(int a, int b) {
        decoder.swap(a, lengths[a], b, lengths[b]);
        int[] tokensOfA = tokens[a];
        tokens[a] = tokens[b];
        tokens[b] = tokensOfA;
        int lengthOfA = lengths[a];
        lengths[a] = lengths[b];
        lengths[b] = lengthOfA;
        long usedOfA = used[a];
        used[a] = used[b];
        used[b] = usedOfA;
    }
}
