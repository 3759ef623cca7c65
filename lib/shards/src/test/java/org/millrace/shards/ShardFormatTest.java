package org.millrace.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files that another program made from docs/formats/shards.md.
class ShardFormatTest {

    private static final ShardHeader CONVERSATIONS =
            new ShardHeader(ShardHeader.Kind.CONVERSATIONS, "atlas", 3, "atlas-qa", 2_048);
    private static final List<Sequence> TWO = List.of(
            new Sequence(
                    "a",
                    new int[] {2039, 2040, 17, 2047, 2041, 2042, 300, 2043},
                    new boolean[] {false, false, false, false, false, false, true, true},
                    9),
            new Sequence("grüße", new int[] {2039, 5, 2043}, new boolean[] {false, true, true}, 4));

    private static final ShardHeader DOCUMENTS = new ShardHeader(ShardHeader.Kind.DOCUMENTS, "large", 1, "", 70_000);
    private static final List<Sequence> ONE = List.of(new Sequence("d0", new int[] {69_991, 1, 2, 65_536}, 12));

    @TempDir
    Path dir;

    @Test
    void conversations() throws IOException {
        assertSame("conversations-v1.shard", CONVERSATIONS, TWO);
    }

    @Test
    void documentsOfALargeVocabulary() throws IOException {
        assertSame("documents-v1.shard", DOCUMENTS, ONE);
    }

    private void assertSame(String golden, ShardHeader header, List<Sequence> sequences) throws IOException {
        Path expected = Path.of("src", "test", "resources", golden);
        Path written = dir.resolve(golden);
        ShardWriter.write(written, header, sequences);

        assertThat(Files.readAllBytes(written)).isEqualTo(Files.readAllBytes(expected));
        try (Shard shard = Shard.open(expected)) {
            assertThat(shard.header()).isEqualTo(header);
            assertThat(read(shard, header)).isEqualTo(sequences);
            assertThat(shard.tokenCount())
                    .isEqualTo(
                            sequences.stream().mapToLong(s -> s.tokens().length).sum());
            assertThat(shard.byteCount())
                    .isEqualTo(sequences.stream().mapToLong(Sequence::textBytes).sum());
        }
    }

    static List<Sequence> read(Shard shard, ShardHeader header) {
        List<Sequence> read = new ArrayList<>();
        for (int i = 0; i < shard.sequences(); i++) {
            read.add(
                    header.kind() == ShardHeader.Kind.DOCUMENTS
                            ? new Sequence(shard.id(i), shard.tokens(i), shard.textBytes(i))
                            : new Sequence(shard.id(i), shard.tokens(i), shard.targets(i), shard.textBytes(i)));
        }
        return read;
    }
}
