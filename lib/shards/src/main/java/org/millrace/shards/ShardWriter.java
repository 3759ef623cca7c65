package org.millrace.shards;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/// Writes shards. The same header and sequences give the same bytes, so a batch that is written
/// twice is one artifact.
public final class ShardWriter {

    private ShardWriter() {}

    /// Replaces the file if it is there. It is not forced to disk: the artifact store does that.
    ///
    /// @throws IllegalArgumentException if a sequence does not fit the header; names it
    public static void write(Path file, ShardHeader header, List<Sequence> sequences) throws IOException {
        check(header, sequences);
        MessageDigest digest = sha256();
        try (OutputStream plain = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            OutputStream out = new DigestOutputStream(plain, digest);
            boolean masked = sequences.stream().anyMatch(s -> s.targets() != null);
            out.write(header(header, sequences, masked));
            writeTokens(out, header, sequences);
            if (masked) {
                pad(out, writeMask(out, sequences));
            }
            writeIndex(out, sequences);
            long idBytes = 0;
            for (Sequence sequence : sequences) {
                byte[] id = sequence.id().getBytes(StandardCharsets.UTF_8);
                out.write(id);
                idBytes += id.length;
            }
            pad(out, idBytes);
            plain.write(digest.digest());
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void check(ShardHeader header, List<Sequence> sequences) {
        for (int s = 0; s < sequences.size(); s++) {
            Sequence sequence = sequences.get(s);
            for (int i = 0; i < sequence.tokens().length; i++) {
                int token = sequence.tokens()[i];
                if (token < 0 || token >= header.vocabularySize()) {
                    throw new IllegalArgumentException("sequences[%d].tokens[%d]: expected 0 to %d, got %d"
                            .formatted(s, i, header.vocabularySize() - 1, token));
                }
            }
            int idBytes = sequence.id().getBytes(StandardCharsets.UTF_8).length;
            if (idBytes > Layout.MOST_ID_BYTES) {
                throw new IllegalArgumentException("sequences[%d].id: expected at most %d bytes, got %d"
                        .formatted(s, Layout.MOST_ID_BYTES, idBytes));
            }
        }
    }

    private static byte[] header(ShardHeader header, List<Sequence> sequences, boolean masked) {
        long tokens = sequences.stream().mapToLong(s -> s.tokens().length).sum();
        ByteBuffer out = littleEndian(Layout.HEADER_BYTES)
                .putLong(Layout.AT_MAGIC, Layout.MAGIC)
                .putInt(Layout.AT_VERSION, Layout.VERSION)
                .putInt(Layout.AT_KIND, header.kind().ordinal() + 1)
                .putInt(Layout.AT_BYTES_PER_TOKEN, header.bytesPerToken())
                .putInt(Layout.AT_VOCABULARY_SIZE, header.vocabularySize())
                .putLong(Layout.AT_TOKENIZER_VERSION, header.tokenizerVersion())
                .putLong(Layout.AT_SEQUENCES, sequences.size())
                .putLong(Layout.AT_TOKENS, tokens)
                .putLong(
                        Layout.AT_TEXT_BYTES,
                        sequences.stream().mapToLong(Sequence::textBytes).sum())
                .putLong(Layout.AT_MASK_BYTES, masked ? Layout.maskBytes(tokens) : 0)
                .putLong(
                        Layout.AT_ID_BYTES,
                        sequences.stream()
                                .mapToLong(s -> s.id().getBytes(StandardCharsets.UTF_8).length)
                                .sum());
        out.put(Layout.AT_TOKENIZER, header.tokenizer().getBytes(StandardCharsets.US_ASCII));
        out.put(Layout.AT_DATASET, header.dataset().getBytes(StandardCharsets.US_ASCII));
        return out.array();
    }

    private static void writeTokens(OutputStream out, ShardHeader header, List<Sequence> sequences) throws IOException {
        int width = header.bytesPerToken();
        long written = 0;
        for (Sequence sequence : sequences) {
            ByteBuffer bytes = littleEndian(Math.multiplyExact(sequence.tokens().length, width));
            for (int token : sequence.tokens()) {
                if (width == 2) {
                    bytes.putShort((short) token);
                } else {
                    bytes.putInt(token);
                }
            }
            out.write(bytes.array());
            written += bytes.capacity();
        }
        pad(out, written);
    }

    private static long writeMask(OutputStream out, List<Sequence> sequences) throws IOException {
        int bits = 0;
        int filled = 0;
        long written = 0;
        for (Sequence sequence : sequences) {
            boolean[] targets = sequence.targets();
            for (int i = 0; i < sequence.tokens().length; i++) {
                if (targets == null || targets[i]) {
                    bits |= 1 << filled;
                }
                if (++filled == 8) {
                    out.write(bits);
                    written++;
                    bits = 0;
                    filled = 0;
                }
            }
        }
        if (filled > 0) {
            out.write(bits);
            written++;
        }
        return written;
    }

    private static void writeIndex(OutputStream out, List<Sequence> sequences) throws IOException {
        long token = 0;
        long idAt = 0;
        for (Sequence sequence : sequences) {
            int idLength = sequence.id().getBytes(StandardCharsets.UTF_8).length;
            out.write(littleEndian(Layout.INDEX_ENTRY_BYTES)
                    .putLong(Layout.ENTRY_FIRST_TOKEN, token)
                    .putInt(Layout.ENTRY_TOKENS, sequence.tokens().length)
                    .putInt(Layout.ENTRY_TEXT_BYTES, sequence.textBytes())
                    .putLong(Layout.ENTRY_ID_AT, idAt)
                    .putInt(Layout.ENTRY_ID_LENGTH, idLength)
                    .array());
            token += sequence.tokens().length;
            idAt += idLength;
        }
    }

    private static void pad(OutputStream out, long length) throws IOException {
        out.write(new byte[(int) (Layout.padded(length) - length)]);
    }

    private static ByteBuffer littleEndian(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }
}
