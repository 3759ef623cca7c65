package org.millrace.bpe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Text to ids, with a memory of the pieces it has seen. For one thread at a time; [Tokenizer] keeps some.
final class Encoder {

    /// Pieces that are remembered: of less than 16 bytes, and as many of less than 32.
    static final int CACHED_PIECES = 1 << 15;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /// Room for so many ids is kept for the next text.
    static final int KEPT_IDS = 1 << 16;

    private static final int SHORT = 16;
    private static final int LONG = 32;

    private final Splitter splitter;
    private final @Nullable WholePieces wholePieces;
    private final ShortWord shortWord;
    private final LongWord longWord;
    private final PieceCache shortPieces = new PieceCache(2, CACHED_PIECES);
    private final PieceCache longPieces = new PieceCache(4, CACHED_PIECES);
    private int[] ids = new int[256];
    private int size;

    /// @param wholePieces that stay whole whatever the merges say; null if none do
    Encoder(Splitter splitter, Merges merges, @Nullable WholePieces wholePieces) {
        this.splitter = splitter;
        this.wholePieces = wholePieces;
        shortWord = new ShortWord(merges);
        longWord = new LongWord(merges);
    }

    /// @param text UTF-8; what is not, comes back from decoding all the same
    int[] encode(byte[] text) {
        size = 0;
        // Pieces are read as words of 8 bytes: the last ones need something behind them.
        int safe = text.length - LONG;
        int start = 0;
        while (start < safe) {
            int end = splitter.end(text, start, text.length);
            add(text, start, end);
            start = end;
        }
        if (start < text.length) {
            byte[] rest = Arrays.copyOfRange(text, start, text.length + LONG);
            int limit = text.length - start;
            for (int from = 0; from < limit; ) {
                int end = splitter.end(rest, from, limit);
                add(rest, from, end);
                from = end;
            }
        }
        int[] encoded = Arrays.copyOf(ids, size);
        if (ids.length > KEPT_IDS) {
            ids = new int[KEPT_IDS];
        }
        return encoded;
    }

    /// @param text has 32 bytes behind `start`
    private void add(byte[] text, int start, int end) {
        int length = end - start;
        if (size + length > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(2 * ids.length, size + length));
        }
        if (length < SHORT) {
            long k0 = word(text, start);
            if (length < 8) {
                add(text, start, end, shortPieces, k0 & mask(length), (long) length << 56, 0, 0);
            } else {
                long k1 = word(text, start + 8) & mask(length - 8);
                add(text, start, end, shortPieces, k0, k1 | (long) length << 56, 0, 0);
            }
        } else if (length < LONG) {
            long k0 = word(text, start);
            long k1 = word(text, start + 8);
            long k2 = word(text, start + 16);
            if (length < 24) {
                add(text, start, end, longPieces, k0, k1, k2 & mask(length - 16), (long) length << 56);
            } else {
                long k3 = word(text, start + 24) & mask(length - 24);
                add(text, start, end, longPieces, k0, k1, k2, k3 | (long) length << 56);
            }
        } else {
            size += merge(text, start, end);
        }
    }

    private void add(byte[] text, int start, int end, PieceCache cache, long k0, long k1, long k2, long k3) {
        int slot = cache.find(k0, k1, k2, k3);
        if (cache.isFree(slot)) {
            int count = merge(text, start, end);
            cache.add(k0, k1, k2, k3, ids, size, count);
            size += count;
        } else {
            size += cache.copy(slot, ids, size);
        }
    }

    private int merge(byte[] text, int start, int end) {
        int whole = wholePieces == null ? -1 : wholePieces.id(text, start, end);
        if (whole >= 0) {
            ids[size] = whole;
            return 1;
        }
        return end - start <= ShortWord.LONGEST
                ? shortWord.apply(text, start, end, ids, size)
                : longWord.apply(text, start, end, ids, size);
    }

    private static long word(byte[] text, int at) {
        return (long) LONGS.get(text, at);
    }

    /// The lowest `bytes` of a word, fewer than 8.
    private static long mask(int bytes) {
        return (1L << 8 * bytes) - 1;
    }

    /// Ids for which there is room.
    int room() {
        return ids.length;
    }

    int cachedPieces() {
        return shortPieces.size() + longPieces.size();
    }
}
