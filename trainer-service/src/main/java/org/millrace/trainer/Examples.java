package org.millrace.trainer;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import org.millrace.shards.Shard;
import org.millrace.shards.ShardHeader;

/// Examples of a shard, and what tells two lists of them apart.
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

    /// SHA-256 over tokens and targets in their order, lowercase hex.
    public static String fingerprint(Collection<Example> examples) {
        MessageDigest digest = sha256();
        for (Example example : examples) {
            int[] tokens = example.tokens();
            ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (1 + tokens.length));
            bytes.putInt(tokens.length).asIntBuffer().put(tokens);
            digest.update(bytes.array());
            byte[] targets = new byte[tokens.length];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = (byte) (example.isTarget(i) ? 1 : 0);
            }
            digest.update(targets);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
