package org.millrace.rollout;

/// One answer by the policy, token by token. The arrays are not copied: nobody may change them.
///
/// @param index 0 to samples − 1
/// @param tokens ids that were drawn or forced, stop token included; at least one
/// @param logProbs nats, one per token
/// @param modelVersions of the weights that drew each token
/// @param forced by token, whether it is of a tool's output, which the policy did not choose
/// @param text what a person reads
/// @param stopped true if the model ended its turn, false if a limit did
public record Sample(
        int index,
        int[] tokens,
        float[] logProbs,
        long[] modelVersions,
        boolean[] forced,
        String text,
        boolean stopped) {

    public Sample {
        if (tokens.length == 0
                || logProbs.length != tokens.length
                || modelVersions.length != tokens.length
                || forced.length != tokens.length) {
            throw new IllegalArgumentException(
                    "sample %d: expected as many log-probabilities, versions and marks as tokens, ".formatted(index)
                            + "at least one; got %d tokens, %d, %d, %d"
                                    .formatted(tokens.length, logProbs.length, modelVersions.length, forced.length));
        }
    }
}
