package org.millrace.bpe;

import java.util.Arrays;

/// Applies merges to one word of any length, as [ShortWord] does, in time that grows with its length alone. For one
/// thread.
///
/// Places whose pair has the same rank stand in one list, and a heap holds the ranks that have a list. The
/// lowest rank is merged everywhere at once: no merge of a learned vocabulary makes a pair of lower rank. Within
/// a rank they are merged from left to right where they can overlap. Where a vocabulary is of another kind
/// ([Merges#isMonotone]), each rank is, and whatever comes below it goes first.
///
/// - **Cost:** n + d log d for n bytes of d different ranks, where d is at most the number of merges; 24 bytes of
///   memory a byte.
final class LongWord {

    private static final int NONE = -1;

    /// Room for words of so many bytes is kept for the next word.
    private static final int KEPT = 1 << 12;

    private final Merges merges;
    private final RankHeap heap = new RankHeap();
    /// First place of each rank's list; all are empty between two words.
    private final int[] lists;
    private int[] tokens = {};
    private int[] next = {};
    private int[] previous = {};
    /// Of the pair that begins at a place, or [#NONE]; such places are in the list of their rank.
    private int[] ranks = {};
    private int[] nextInList = {};
    private int[] previousInList = {};
    private int length;
    private int left;

    LongWord(Merges merges) {
        this.merges = merges;
        lists = new int[merges.ranks()];
        Arrays.fill(lists, NONE);
    }

    /// @param ids receives the tokens from `offset` on; has room for one for each byte
    /// @return number of tokens
    int apply(byte[] text, int start, int end, int[] ids, int offset) {
        begin(text, start, end - start);
        for (int rank = heap.removeFirst(); rank != RankHeap.NONE; rank = heap.removeFirst()) {
            boolean ordered = !merges.isMonotone() || merges.mayOverlap(rank);
            int[] places = places(rank, ordered);
            for (int i = 0; i < places.length; i++) {
                if (ranks[places[i]] == rank) { // or the merge before it took one of the two
                    merge(places[i], rank);
                    if (heap.first() < rank) {
                        heap.add(rank); // the rest comes later
                        break;
                    }
                }
            }
        }
        int to = offset;
        for (int at = 0; at < length; at = next[at]) {
            ids[to++] = tokens[at];
        }
        if (length > KEPT) {
            allocate(0);
        }
        return left;
    }

    private void begin(byte[] text, int start, int bytes) {
        length = bytes;
        left = bytes;
        if (tokens.length < bytes) {
            allocate(Math.max(KEPT, bytes));
        }
        for (int i = 0; i < bytes; i++) {
            tokens[i] = merges.byteToken(text[start + i] & 0xFF);
            next[i] = i + 1;
            previous[i] = i - 1;
            ranks[i] = NONE;
        }
        for (int i = bytes - 2; i >= 0; i--) { // so that lists begin in order
            enter(i, merges.byteRank(text[start + i], text[start + i + 1]));
        }
    }

    private void allocate(int bytes) {
        tokens = new int[bytes];
        next = new int[bytes];
        previous = new int[bytes];
        ranks = new int[bytes];
        nextInList = new int[bytes];
        previousInList = new int[bytes];
    }

    private int[] places(int rank, boolean ordered) {
        int count = 0;
        for (int at = lists[rank]; at != NONE; at = nextInList[at]) {
            count++;
        }
        int[] places = new int[count];
        int i = 0;
        for (int at = lists[rank]; at != NONE; at = nextInList[at]) {
            places[i++] = at;
        }
        if (ordered) {
            Arrays.sort(places);
        }
        return places;
    }

    private void merge(int at, int rank) {
        int after = next[at];
        int behind = next[after];
        int before = previous[at];
        leave(at);
        leave(after);
        tokens[at] = merges.result(rank);
        next[at] = behind;
        left--;
        if (behind < length) {
            previous[behind] = at;
            enter(at);
        }
        if (before != NONE) {
            leave(before);
            enter(before);
        }
    }

    private void enter(int at) {
        enter(at, merges.rank(tokens[at], tokens[next[at]]));
    }

    /// Puts a place into the list of its pair's rank, if it has one.
    private void enter(int at, int rank) {
        if (rank < 0) {
            return;
        }
        ranks[at] = rank;
        int first = lists[rank];
        if (first == NONE) {
            heap.add(rank);
        } else {
            previousInList[first] = at;
        }
        nextInList[at] = first;
        previousInList[at] = NONE;
        lists[rank] = at;
    }

    private void leave(int at) {
        int rank = ranks[at];
        if (rank == NONE) {
            return;
        }
        ranks[at] = NONE;
        if (previousInList[at] == NONE) {
            lists[rank] = nextInList[at];
        } else {
            nextInList[previousInList[at]] = nextInList[at];
        }
        if (nextInList[at] != NONE) {
            previousInList[nextInList[at]] = previousInList[at];
        }
    }
}
