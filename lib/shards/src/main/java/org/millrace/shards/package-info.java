/// Files of token ids, ready to train on: written once by [ShardWriter], read by [Shard].
/// The format is docs/formats/shards.md.
@NullMarked
package org.millrace.shards;

import org.jspecify.annotations.NullMarked;
