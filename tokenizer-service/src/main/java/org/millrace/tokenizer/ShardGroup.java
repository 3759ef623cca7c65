package org.millrace.tokenizer;

import java.util.Comparator;
import org.millrace.shards.ShardHeader;

/// What may share a shard: a batch becomes at most one shard of each group.
///
/// @param dataset of the conversations; empty for documents
public record ShardGroup(ShardHeader.Kind kind, Split split, String dataset) implements Comparable<ShardGroup> {

    private static final Comparator<ShardGroup> ORDER = Comparator.comparing(ShardGroup::kind)
            .thenComparing(ShardGroup::split)
            .thenComparing(ShardGroup::dataset);

    @Override
    public int compareTo(ShardGroup other) {
        return ORDER.compare(this, other);
    }
}
