package org.millrace.rollout;

/// Rewards of the samples of one prompt, in their order.
///
/// @param model name of the model that scored
/// @param version of its weights
/// @param rewards reward units
/// @param verified 1 right, 0 wrong, −1 no reference
public record Scores(String model, long version, float[] rewards, float[] verified) {}
