package org.millrace.cli.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.shards.Shard;

/// Which of some shards name one of some documents.
///
/// @param certainly their files say so
/// @param perhaps their files are not to be had
record HeldIn(List<WrittenShard> certainly, List<WrittenShard> perhaps) {

    /// @param store empty: no file is to be had
    static HeldIn of(List<WrittenShard> shards, Set<String> ids, Optional<ArtifactStore> store) throws IOException {
        if (store.isEmpty()) {
            return new HeldIn(List.of(), shards);
        }
        HeldIn held = new HeldIn(new ArrayList<>(), new ArrayList<>());
        for (WrittenShard shard : shards) {
            try {
                if (names(shard, ids, store.get())) {
                    held.certainly.add(shard);
                }
            } catch (ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) { // or its event names none
                held.perhaps.add(shard);
            }
        }
        return held;
    }

    private static boolean names(WrittenShard of, Set<String> ids, ArtifactStore store) throws IOException {
        try (Shard shard = Shard.open(store.fetch(of.sha256(), of.length()))) {
            for (int i = 0; i < shard.sequences(); i++) {
                if (ids.contains(shard.id(i))) {
                    return true;
                }
            }
            return false;
        }
    }

    List<WrittenShard> all() {
        return Stream.concat(certainly.stream(), perhaps.stream()).toList();
    }
}
