package org.millrace.inference;

import java.util.Map;

/// How tokens are drawn. In this order, with the meanings of vLLM: logits, biased, penalised, divided by the
/// temperature, cut by min-p, by top-k, by top-p. Greedy draws the likeliest of the penalised logits.
///
/// Log-probabilities know nothing of it but the temperature: they are the model's own, so that a trainer finds
/// them again from the tokens alone.
///
/// @param temperature 0 draws the likeliest token; else 0.01 to 100, and logits are divided by it
/// @param topK only the K likeliest tokens; 0: all
/// @param topP of those, the likeliest that together have at least this share; above 0, 1: all
/// @param minP only tokens at least this times as likely as the likeliest; 0 to 1, 0: all
/// @param bias logits added, by id; −100 to 100
/// @param seed same seed, same tokens, whatever else is being drawn
public record Sampling(
        double temperature,
        int topK,
        double topP,
        double minP,
        Penalties penalties,
        Map<Integer, Float> bias,
        long seed) {

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
        if (!(minP >= 0 && minP <= 1)) {
            throw new IllegalArgumentException("min_p: expected 0 to 1, got " + minP);
        }
        bias = Map.copyOf(bias);
        bias.forEach((id, logits) -> {
            if (!(Math.abs(logits) <= 100)) {
                throw new IllegalArgumentException(
                        "logit_bias[%d]: expected -100 to 100, got %s".formatted(id, logits));
            }
        });
    }

    /// Without min-p, penalties and bias.
    public Sampling(double temperature, int topK, double topP, long seed) {
        this(temperature, topK, topP, 0, Penalties.NONE, Map.of(), seed);
    }

    /// What tokens lose for having come before. With n(i) times that the answer has token i so far, a logit z
    /// becomes
    ///
    /// ```text
    /// z′ = z / r if z > 0, else z · r     if i is in the prompt or n(i) > 0
    /// z″ = z′ − f · n(i) − p · [n(i) > 0]
    /// ```
    ///
    /// The second line is OpenAI's, the first that of the CTRL paper (Keskar et al. 2019, section 4.1).
    ///
    /// @param repetition r, a factor, 0.1 to 10; 1: off
    /// @param presence p, logits, −2 to 2; 0: off
    /// @param frequency f, logits, −2 to 2; 0: off
    public record Penalties(double repetition, double presence, double frequency) {

        public static final Penalties NONE = new Penalties(1, 0, 0);

        public Penalties {
            if (!(repetition >= LEAST_REPETITION && repetition <= 10)) {
                throw new IllegalArgumentException("repetition_penalty: expected 0.1 to 10, got " + repetition);
            }
            if (!(Math.abs(presence) <= 2)) {
                throw new IllegalArgumentException("presence_penalty: expected -2 to 2, got " + presence);
            }
            if (!(Math.abs(frequency) <= 2)) {
                throw new IllegalArgumentException("frequency_penalty: expected -2 to 2, got " + frequency);
            }
        }

        /// 0.1 however it was written: a `float` may lie a hair beside it.
        private static final double LEAST_REPETITION = Math.min(0.1, 0.1f);
    }

    /// A hair under 0.01, which as a `float` is 0.00999999977….
    private static final double LEAST_TEMPERATURE = 0.01f;

    /// By what logits are divided for log-probabilities: the temperature, or 1 where nothing is random.
    double divisor() {
        return temperature == 0 ? 1 : temperature;
    }
}
