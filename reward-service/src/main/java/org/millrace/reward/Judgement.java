package org.millrace.reward;

/// What a model says about the answers to one prompt, in their order.
///
/// @param rewards `(raw − mean) / deviation`, as the checkpoint says
/// @param verified 1 right, 0 wrong, −1 no reference
/// @param model that scored
/// @param version of its weights
public record Judgement(float[] rewards, float[] verified, String model, long version) {}
