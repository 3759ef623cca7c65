package org.millrace.bpe;

/// Applies merges to a word of some bytes: the pair of lowest rank, leftmost first, becomes one token, until no
/// pair has a rank. Looks at all pairs for each merge, which is fastest where there are few. For one thread.
final class ShortWord {

    /// Longer ones are for [LongWord].
    static final int LONGEST = 48;

    private static final int NONE = Integer.MAX_VALUE;

    private final Merges merges;
    private final int[] ranks = new int[LONGEST];

    ShortWord(Merges merges) {
        this.merges = merges;
    }

    /// @param ids receives the tokens from `offset` on; has room for one for each byte
    /// @return number of tokens
    int apply(byte[] text, int start, int end, int[] ids, int offset) {
        int length = end - start;
        ids[offset] = merges.byteToken(text[start] & 0xFF);
        for (int i = 1; i < length; i++) {
            ids[offset + i] = merges.byteToken(text[start + i] & 0xFF);
            int rank = merges.byteRank(text[start + i - 1], text[start + i]);
            ranks[i - 1] = rank < 0 ? NONE : rank;
        }
        while (length > 1) {
            int best = 0;
            for (int i = 1; i < length - 1; i++) {
                if (ranks[i] < ranks[best]) {
                    best = i;
                }
            }
            if (ranks[best] == NONE) {
                break;
            }
            ids[offset + best] = merges.result(ranks[best]);
            length--;
            for (int i = best + 1; i < length; i++) {
                ids[offset + i] = ids[offset + i + 1];
                ranks[i - 1] = ranks[i];
            }
            if (best > 0) {
                ranks[best - 1] = rank(ids, offset + best - 1);
            }
            if (best < length - 1) {
                ranks[best] = rank(ids, offset + best);
            }
        }
        return length;
    }

    private int rank(int[] ids, int left) {
        int rank = merges.rank(ids[left], ids[left + 1]);
        return rank < 0 ? NONE : rank;
    }
}
