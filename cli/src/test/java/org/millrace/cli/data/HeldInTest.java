package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;

class HeldInTest {

    private static final ShardHeader HEADER = new ShardHeader(ShardHeader.Kind.DOCUMENTS, "t", 1, "", 300);

    @TempDir
    Path dir;

    /// What is taken back stands on the log by then: whoever did it is told of all shards that can be told of.
    @Test
    void aShardWhoseEventNamesNoFileMayHoldIt() throws IOException {
        ArtifactStore store = ArtifactStore.open(dir.resolve("store").toUri(), dir.resolve("scratch"));
        Path file = dir.resolve("a.shard");
        ShardWriter.write(file, HEADER, List.of(new Sequence("d1", new int[] {1}, 1)));
        var stored = store.put(file);
        WrittenShard there = shard(stored.sha256(), stored.length());
        WrittenShard gone = shard("0".repeat(64), 9);
        WrittenShard forged = shard("../../etc", 9);

        HeldIn held = HeldIn.of(List.of(there, gone, forged), Set.of("d1"), Optional.of(store));

        assertThat(held).isEqualTo(new HeldIn(List.of(there), List.of(gone, forged)));
        assertThat(HeldIn.of(List.of(there), Set.of("d2"), Optional.of(store)).all())
                .isEmpty();
    }

    private static WrittenShard shard(String sha256, long length) {
        return new WrittenShard(sha256, length, ShardHeader.Kind.DOCUMENTS, WrittenShard.Split.TRAIN, "t", 1, "", 0);
    }
}
