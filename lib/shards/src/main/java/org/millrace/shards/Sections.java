package org.millrace.shards;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
            return new String(padded, 0, end, StandardCharsets.US_ASCII);
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
            long idBytes = shard.getLong(Layout.AT_ID_BYTES);
            if (idLength < 0 || idLength > idBytes - idAt) {
                throw shard.bad(name + "id length", "0 to " + (idBytes - idAt), idLength);
            }
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
