package org.millrace.shards;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Where things lie in a shard file, version 1: see docs/formats/shards.md. Little-endian.
final class Layout {

    /// "MILLSHRD" in ASCII.
    static final long MAGIC = 0x4452_4853_4C4C_494DL;

    static final int VERSION = 1;

    static final int HEADER_BYTES = 256;
    static final int INDEX_ENTRY_BYTES = 32;
    static final int CHECKSUM_BYTES = 32;

    static final int AT_MAGIC = 0;
    static final int AT_VERSION = 8;
    static final int AT_KIND = 12;
    static final int AT_BYTES_PER_TOKEN = 16;
    static final int AT_VOCABULARY_SIZE = 20;
    static final int AT_TOKENIZER_VERSION = 24;
    static final int AT_SEQUENCES = 32;
    static final int AT_TOKENS = 40;
    static final int AT_TEXT_BYTES = 48;
    static final int AT_MASK_BYTES = 56;
    static final int AT_ID_BYTES = 64;
    static final int AT_TOKENIZER = 72;
    static final int AT_DATASET = 136;
    static final int NAME_BYTES = 64;

    static final int ENTRY_FIRST_TOKEN = 0;
    static final int ENTRY_TOKENS = 8;
    static final int ENTRY_TEXT_BYTES = 12;
    static final int ENTRY_ID_AT = 16;
    static final int ENTRY_ID_LENGTH = 24;
    static final int ENTRY_END = 28;
    static final int MOST_ID_BYTES = 65_535;

    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Layout() {}

    /// Sections begin at multiples of eight bytes; zeros fill the gap.
    static long padded(long length) {
        return Math.addExact(length, 7) & ~7L;
    }

    static long maskBytes(long tokens) {
        return (tokens + 7) / 8;
    }
}
