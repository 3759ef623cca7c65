package org.millrace.trainer;

import java.util.ArrayList;
import java.util.List;
import org.millrace.shards.Shard;
import org.millrace.shards.ShardHeader;

/// What a shard has to teach.
public final class Examples {

    private Examples() {}

    /// All sequences of a shard that teach something: one token alone does not.
    public static List<Example> of(Shard shard) {
        boolean conversations = shard.header().kind() == ShardHeader.Kind.CONVERSATIONS;
        List<Example> examples = new ArrayList<>(shard.sequences());
        for (int i = 0; i < shard.sequences(); i++) {
            int[] tokens = shard.tokens(i);
            if (tokens.length >= 2) {
                examples.add(
                        conversations
                                ? Example.conversation(tokens, shard.targets(i), shard.textBytes(i))
                                : Example.document(tokens, shard.textBytes(i)));
            }
        }
        return examples;
    }
}
