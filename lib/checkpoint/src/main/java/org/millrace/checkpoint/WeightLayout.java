package org.millrace.checkpoint;

/// How the weights of a directory are written.
///
/// @param type of every number
/// @param shardBytes a file of weights grows no larger, unless by a single tensor; at least 1
public record WeightLayout(NumberType type, long shardBytes) {

    /// What transformers writes by default, in bytes.
    public static final long SHARD_BYTES = 5_000_000_000L;

    /// What is trained and served here: a server maps fp32 without a copy.
    public static final WeightLayout STANDARD = new WeightLayout(NumberType.F32, SHARD_BYTES);

    public WeightLayout {
        if (shardBytes < 1) {
            throw new IllegalArgumentException("shardBytes: expected at least 1, got " + shardBytes);
        }
    }
}
