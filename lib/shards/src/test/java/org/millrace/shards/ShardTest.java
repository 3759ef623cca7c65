package org.millrace.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardTest {

    private static final ShardHeader HEADER = new ShardHeader(ShardHeader.Kind.CONVERSATIONS, "t", 1, "qa", 100);
    private static final List<Sequence> SEQUENCES = List.of(
            new Sequence("one", new int[] {91, 1, 2}, new boolean[] {false, true, true}, 5),
            new Sequence("two", new int[] {91, 99}, 1));

    @TempDir
    Path dir;

    private Path file;
    private byte[] bytes;

    @BeforeEach
    void write() throws IOException {
        file = dir.resolve("x.shard");
        ShardWriter.write(file, HEADER, SEQUENCES);
        bytes = Files.readAllBytes(file);
    }

    @Test
    void withoutTargetsEveryTokenIsOne() throws IOException {
        try (Shard shard = Shard.open(file)) {
            assertThat(shard.targets(0)).containsExactly(false, true, true);
            assertThat(shard.targets(1)).containsExactly(true, true);
        }
    }

    @Test
    void aShardMayBeEmpty() throws IOException {
        ShardWriter.write(file, HEADER, List.of());
        try (Shard shard = Shard.open(file)) {
            assertThat(shard.sequences()).isZero();
        }
    }

    @Test
    void sequencesAreCountedFromZero() throws IOException {
        try (Shard shard = Shard.open(file)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> shard.tokens(2))
                    .withMessage("i: expected 0 to 1, got 2");
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> shard.id(-1));
        }
    }

    @Test
    void aClosedShardIsNotRead() throws IOException {
        Shard shard = Shard.open(file);
        shard.close();

        assertThatThrownBy(() -> shard.tokens(0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void noFile() {
        assertThatThrownBy(() -> Shard.open(dir.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void truncatedAnywhere() throws IOException {
        for (int length = 0; length < bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> Shard.open(file))
                    .as("first %d bytes", length)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": ");
        }
    }

    @Test
    void oneBitFlippedAnywhere() throws IOException {
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit >> 3] ^= (byte) (1 << (bit & 7));
            Files.write(file, damaged);
            assertThatThrownBy(() -> Shard.open(file))
                    .as("bit %d", bit)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": ");
        }
    }

    @Test
    void otherFiles() throws IOException {
        refused(b -> b.put(0, (byte) 'X'), "not a shard: it does not begin with MILLSHRD");
        refused(b -> b.putInt(Layout.AT_VERSION, 2), "version: expected 1, got 2");
    }

    /// With a checksum that is right: somebody wrote this on purpose.
    @Test
    void forgedHeaders() throws IOException {
        refused(b -> b.putInt(Layout.AT_KIND, 3), "kind: expected 1 or 2, got 3");
        refused(b -> b.putInt(Layout.AT_BYTES_PER_TOKEN, 4), "bytes per token: expected 2, got 4");
        refused(b -> b.putInt(Layout.AT_VOCABULARY_SIZE, 0), "vocabularySize: expected at least 1, got 0");
        refused(b -> b.putLong(Layout.AT_SEQUENCES, -1), "sequences: expected 0 to");
        refused(b -> b.putLong(Layout.AT_SEQUENCES, Long.MAX_VALUE), "sequences: expected 0 to");
        refused(b -> b.putLong(Layout.AT_TOKENS, Long.MAX_VALUE), "tokens: expected 0 to");
        refused(b -> b.putLong(Layout.AT_TOKENS, 300), "mask bytes: expected 0 or 38, got 1");
        refused(b -> b.putLong(Layout.AT_MASK_BYTES, 0), "size: expected");
        refused(b -> b.putLong(Layout.AT_ID_BYTES, 5), "index[1].id length: expected 0 to 2, got 3");
        refused(b -> b.putLong(Layout.AT_TEXT_BYTES, 7), "text bytes: expected 6, as the index says, got 7");
        refused(b -> b.put(Layout.AT_TOKENIZER, (byte) '/'), "header: tokenizer: expected [a-z0-9-]{1,64}");
    }

    @Test
    void forgedContents() throws IOException {
        int index = Layout.HEADER_BYTES + 16 + 8;
        refused(b -> b.putShort(Layout.HEADER_BYTES + 8, (short) 100), "tokens[4]: expected 0 to 99, got 100");
        refused(b -> b.putShort(Layout.HEADER_BYTES, (short) -1), "tokens[0]: expected 0 to 99, got 65535");
        refused(b -> b.putLong(index + 32, 2), "index[1].first token: expected 3, got 2");
        refused(b -> b.putInt(index + 32 + 8, 3), "index[1].tokens: expected 1 to 2, got 3");
        refused(b -> b.putInt(index + 32 + 8, -1), "index[1].tokens: expected 1 to 2, got -1");
        refused(b -> b.putInt(index + 32 + 8, 1), "tokens: expected 4, as the index says, got 5");
        refused(b -> b.putInt(index + 12, -1), "index[0].text bytes: expected at least 0, got -1");
        refused(b -> b.putLong(index + 32 + 16, -4), "index[1].id offset: expected 3, got -4");
    }

    /// Equal contents are equal bytes: where nothing is said, there is nothing.
    @Test
    void forgedGaps() throws IOException {
        int mask = Layout.HEADER_BYTES + 16;
        int index = mask + 8;
        int ids = index + 2 * Layout.INDEX_ENTRY_BYTES;
        refused(b -> b.put(Layout.AT_TOKENIZER + 2, (byte) 'x'), "byte 74, behind tokenizer: expected 0, got 120");
        refused(b -> b.put(Layout.AT_DATASET + 63, (byte) 1), "byte 199, behind dataset: expected 0, got 1");
        refused(b -> b.put(Layout.HEADER_BYTES - 1, (byte) 255), "byte 255, behind header: expected 0, got 255");
        refused(b -> b.put(Layout.HEADER_BYTES + 10, (byte) 1), "byte 266, behind tokens: expected 0, got 1");
        refused(b -> b.put(mask, (byte) 0b111110), "mask: bits behind the last token: expected 0, got 1");
        refused(b -> b.put(mask + 1, (byte) 1), "byte 273, behind mask: expected 0, got 1");
        refused(b -> b.put(index + 28, (byte) 1), "behind index[0].id length: expected 0, got 1");
        refused(b -> b.put(ids + 6, (byte) 1), "behind ids: expected 0, got 1");
        refused(b -> b.putLong(Layout.AT_ID_BYTES, 7), "id bytes: expected 6, as the index says, got 7");
        refused(b -> b.put(ids + 5, (byte) 0xC3), "index[1].id: expected UTF-8, got Input length = 1");
    }

    @Test
    void sequencesThatDoNotFitAreNotWritten() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardWriter.write(file, HEADER, List.of(new Sequence("x", new int[] {1, 100}, 1))))
                .withMessage("sequences[0].tokens[1]: expected 0 to 99, got 100");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        ShardWriter.write(file, HEADER, List.of(new Sequence("x".repeat(65_536), new int[] {1}, 1))))
                .withMessage("sequences[0].id: expected at most 65535 bytes, got 65536");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sequence("x", new int[] {1, 2}, new boolean[] {true}, 1))
                .withMessage("targets: expected 2, one per token, got 1");
        assertThatIllegalArgumentException().isThrownBy(() -> new Sequence("x", new int[0], 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ShardHeader(ShardHeader.Kind.DOCUMENTS, "A", 1, "", 1))
                .withMessage("tokenizer: expected [a-z0-9-]{1,64}, got A");
    }

    private void refused(Consumer<ByteBuffer> forge, String message) throws IOException {
        byte[] forged = bytes.clone();
        forge.accept(ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN));
        int end = forged.length - Layout.CHECKSUM_BYTES;
        byte[] checksum = ShardWriter.sha256().digest(Arrays.copyOf(forged, end));
        System.arraycopy(checksum, 0, forged, end, checksum.length);
        Files.write(file, forged);
        assertThatThrownBy(() -> Shard.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }
}
