package org.millrace.shards;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;

/// What a shard's header says and where its sections therefore begin, once all of it is checked.
///
/// @param maskAt meaningless unless `masked`
record Sections(
        ShardHeader header,
        int sequences,
        long tokens,
        long textBytes,
        boolean masked,
        long maskAt,
        long indexAt,
        long idsAt) {

    /// @throws IOException naming the file, what is wrong, what was expected and what was found
    static Sections check(Path file, MemorySegment bytes) throws IOException {
        return new Checker(file, bytes).check();
    }

    private record Checker(Path file, MemorySegment bytes) {

        Sections check() throws IOException {
            long size = bytes.byteSize();
            if (size < Layout.HEADER_BYTES + Layout.CHECKSUM_BYTES) {
                throw bad("size", "at least %d bytes".formatted(Layout.HEADER_BYTES + Layout.CHECKSUM_BYTES), size);
            }
            if (getLong(Layout.AT_MAGIC) != Layout.MAGIC) {
                throw new IOException(file + ": not a shard: it does not begin with MILLSHRD");
            }
            if (getInt(Layout.AT_VERSION) != Layout.VERSION) {
                throw bad("version", Layout.VERSION, getInt(Layout.AT_VERSION));
            }
            Sections sections = layOut(size);
            checkChecksum();
            sections.checkIndex(this);
            sections.checkTokens(this);
            sections.checkGaps(this);
            return sections;
        }

        private Sections layOut(long size) throws IOException {
            int kind = getInt(Layout.AT_KIND);
            if (kind < 1 || kind > ShardHeader.Kind.values().length) {
                throw bad("kind", "1 or 2", kind);
            }
            ShardHeader header;
            try {
                header = new ShardHeader(
                        ShardHeader.Kind.values()[kind - 1],
                        name(Layout.AT_TOKENIZER),
                        getLong(Layout.AT_TOKENIZER_VERSION),
                        name(Layout.AT_DATASET),
                        getInt(Layout.AT_VOCABULARY_SIZE));
            } catch (IllegalArgumentException e) {
                throw new IOException("%s: header: %s".formatted(file, e.getMessage()), e);
            }
            if (getInt(Layout.AT_BYTES_PER_TOKEN) != header.bytesPerToken()) {
                throw bad("bytes per token", header.bytesPerToken(), getInt(Layout.AT_BYTES_PER_TOKEN));
            }
            // No count can exceed the file's size, so the sums below do not overflow.
            long sequences = count("sequences", Layout.AT_SEQUENCES, Math.min(size, Integer.MAX_VALUE));
            long tokens = count("tokens", Layout.AT_TOKENS, size);
            long mask = count("mask bytes", Layout.AT_MASK_BYTES, size);
            long ids = count("id bytes", Layout.AT_ID_BYTES, size);
            long text = count("text bytes", Layout.AT_TEXT_BYTES, Long.MAX_VALUE);
            if (mask != 0 && mask != Layout.maskBytes(tokens)) {
                throw bad("mask bytes", "0 or " + Layout.maskBytes(tokens), mask);
            }
            long maskAt = Layout.HEADER_BYTES + Layout.padded(tokens * header.bytesPerToken());
            long indexAt = maskAt + Layout.padded(mask);
            long idsAt = indexAt + sequences * Layout.INDEX_ENTRY_BYTES;
            long expected = idsAt + Layout.padded(ids) + Layout.CHECKSUM_BYTES;
            if (size != expected) {
                throw bad("size", expected + " bytes", size);
            }
            return new Sections(header, (int) sequences, tokens, text, mask != 0, maskAt, indexAt, idsAt);
        }

        private void checkChecksum() throws IOException {
            MessageDigest digest = ShardWriter.sha256();
            long end = bytes.byteSize() - Layout.CHECKSUM_BYTES;
            for (long at = 0; at < end; at += 1 << 30) {
                digest.update(bytes.asSlice(at, Math.min(1 << 30, end - at)).asByteBuffer());
            }
            byte[] stored = bytes.asSlice(end).toArray(ValueLayout.JAVA_BYTE);
            if (!MessageDigest.isEqual(digest.digest(), stored)) {
                throw new IOException(file + ": damaged: its contents do not have the checksum at its end");
            }
        }

        private long count(String name, int at, long most) throws IOException {
            long value = getLong(at);
            if (value < 0 || value > most) {
                throw bad(name, "0 to " + most, value);
            }
            return value;
        }

        private String name(int at) {
            byte[] padded = bytes.asSlice(at, Layout.NAME_BYTES).toArray(ValueLayout.JAVA_BYTE);
            int end = 0;
            while (end < padded.length && padded[end] != 0) {
                end++;
            }
            return new String(padded, 0, end, StandardCharsets.ISO_8859_1); // a byte that is no ASCII fits no name
        }

        void zeros(String name, long from, long to) throws IOException {
            for (long at = from; at < to; at++) {
                if (getByte(at) != 0) {
                    throw bad("byte %d, behind %s".formatted(at, name), 0, getByte(at));
                }
            }
        }

        int getByte(long at) {
            return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, at));
        }

        int getInt(long at) {
            return bytes.get(Layout.INT, at);
        }

        long getLong(long at) {
            return bytes.get(Layout.LONG, at);
        }

        IOException bad(String name, Object expected, Object got) {
            return new IOException("%s: %s: expected %s, got %s".formatted(file, name, expected, got));
        }
    }

    /// Sequences lie one behind the other, without gap or overlap; so do their ids.
    private void checkIndex(Checker shard) throws IOException {
        long token = 0;
        long text = 0;
        long idAt = 0;
        for (int i = 0; i < sequences; i++) {
            long entry = indexAt + (long) i * Layout.INDEX_ENTRY_BYTES;
            String name = "index[" + i + "].";
            if (shard.getLong(entry + Layout.ENTRY_FIRST_TOKEN) != token) {
                throw shard.bad(name + "first token", token, shard.getLong(entry + Layout.ENTRY_FIRST_TOKEN));
            }
            int length = shard.getInt(entry + Layout.ENTRY_TOKENS);
            if (length < 1 || length > tokens - token) {
                throw shard.bad(name + "tokens", "1 to " + (tokens - token), length);
            }
            int textLength = shard.getInt(entry + Layout.ENTRY_TEXT_BYTES);
            if (textLength < 0) {
                throw shard.bad(name + "text bytes", "at least 0", textLength);
            }
            if (shard.getLong(entry + Layout.ENTRY_ID_AT) != idAt) {
                throw shard.bad(name + "id offset", idAt, shard.getLong(entry + Layout.ENTRY_ID_AT));
            }
            int idLength = shard.getInt(entry + Layout.ENTRY_ID_LENGTH);
            long mostIdBytes = Math.min(Layout.MOST_ID_BYTES, shard.getLong(Layout.AT_ID_BYTES) - idAt);
            if (idLength < 0 || idLength > mostIdBytes) {
                throw shard.bad(name + "id length", "0 to " + mostIdBytes, idLength);
            }
            checkId(shard, name, idsAt + idAt, idLength);
            shard.zeros(name + "id length", entry + Layout.ENTRY_END, entry + Layout.INDEX_ENTRY_BYTES);
            token += length;
            text += textLength;
            idAt += idLength;
        }
        if (token != tokens) {
            throw shard.bad("tokens", token + ", as the index says", tokens);
        }
        if (text != textBytes) {
            throw shard.bad("text bytes", text + ", as the index says", textBytes);
        }
        if (idAt != shard.getLong(Layout.AT_ID_BYTES)) {
            throw shard.bad("id bytes", idAt + ", as the index says", shard.getLong(Layout.AT_ID_BYTES));
        }
    }

    private static void checkId(Checker shard, String entry, long at, int length) throws IOException {
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(shard.bytes().asSlice(at, length).asByteBuffer());
        } catch (CharacterCodingException e) {
            throw new IOException("%s: %sid: expected UTF-8, got %s".formatted(shard.file(), entry, e.getMessage()), e);
        }
    }

    /// What stands for nothing is zero: so equal contents are equal bytes, and nothing can hide in a shard.
    private void checkGaps(Checker shard) throws IOException {
        shard.zeros(
                "tokenizer",
                Layout.AT_TOKENIZER + header.tokenizer().length(),
                Layout.AT_TOKENIZER + Layout.NAME_BYTES);
        shard.zeros("dataset", Layout.AT_DATASET + header.dataset().length(), Layout.AT_DATASET + Layout.NAME_BYTES);
        shard.zeros("header", Layout.AT_DATASET + Layout.NAME_BYTES, Layout.HEADER_BYTES);
        shard.zeros("tokens", Layout.HEADER_BYTES + tokens * header.bytesPerToken(), maskAt);
        if (masked) {
            shard.zeros("mask", maskAt + Layout.maskBytes(tokens), indexAt);
            int used = (int) (tokens & 7);
            long last = maskAt + (tokens >> 3);
            if (used > 0 && shard.getByte(last) >> used != 0) {
                throw shard.bad("mask: bits behind the last token", 0, shard.getByte(last) >> used);
            }
        }
        shard.zeros(
                "ids", idsAt + shard.getLong(Layout.AT_ID_BYTES), shard.bytes().byteSize() - Layout.CHECKSUM_BYTES);
    }

    private void checkTokens(Checker shard) throws IOException {
        int width = header.bytesPerToken();
        int vocabulary = header.vocabularySize();
        for (long i = 0; i < tokens; i++) {
            long at = Layout.HEADER_BYTES + i * width;
            int token = width == 2
                    ? Short.toUnsignedInt(shard.bytes().get(Layout.SHORT, at))
                    : shard.bytes().get(Layout.INT, at);
            if (token < 0 || token >= vocabulary) {
                throw shard.bad("tokens[" + i + "]", "0 to " + (vocabulary - 1), token);
            }
        }
    }
}
