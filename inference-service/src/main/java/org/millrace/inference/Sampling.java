package org.millrace.inference;

/// How tokens are drawn.
///
/// @param temperature 0 draws the likeliest token; else 0.01 to 100, and logits are divided by it
/// @param topK only the K likeliest tokens; 0: all
/// @param topP of those, the likeliest that together have at least this share; above 0, 1: all
/// @param seed same seed, same tokens, whatever else is being drawn
public record Sampling(double temperature, int topK, double topP, long seed) {

    public Sampling {
        if (temperature != 0 && !(temperature >= LEAST_TEMPERATURE && temperature <= 100)) {
            throw new IllegalArgumentException("temperature: expected 0, or 0.01 to 100, got " + temperature);
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top_k: expected at least 0, got " + topK);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top_p: expected above 0 and at most 1, got " + topP);
        }
    }

    /// A hair under 0.01, which as a `float` is 0.00999999977….
    private static final double LEAST_TEMPERATURE = 0.01f;

    /// By what logits are divided for log-probabilities: the temperature, or 1 where nothing is random.
    double divisor() {
        return temperature == 0 ? 1 : temperature;
    }
}
