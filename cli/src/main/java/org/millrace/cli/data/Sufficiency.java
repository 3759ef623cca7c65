package org.millrace.cli.data;

import java.util.Locale;

/// Whether a text is enough for a model.
///
/// - **Source:** 20 tokens a parameter are compute-optimal: Hoffmann et al. 2022, arXiv:2203.15556 (Chinchilla).
///   Up to four passes over the same text are nearly as good as new text, and after sixteen more of them bring
///   next to nothing: Muennighoff et al. 2023, arXiv:2305.16264.
///
/// @param passes over the text until the model has read [#COMPUTE_OPTIMAL] tokens a parameter, at least 0
record Sufficiency(TokenEstimate tokens, ModelSize model, double passes, Verdict verdict, boolean certain) {

    /// Tokens a parameter.
    static final double COMPUTE_OPTIMAL = 20;

    /// Passes that are nearly as good as new text.
    static final double GOOD_PASSES = 4;

    /// Passes after which another brings next to nothing.
    static final double LAST_PASSES = 16;

    /// How fast repeated text loses its worth: R* in the law of Muennighoff et al.
    private static final double DECAY = 15.39;

    enum Verdict {
        /// One pass is enough.
        ENOUGH("enough"),

        /// Up to four passes.
        ENOUGH_REPEATED("enough if it is repeated"),

        /// Up to sixteen.
        THIN("thin"),

        /// More than sixteen.
        TOO_LITTLE("too little");

        private final String label;

        Verdict(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    static Sufficiency of(TokenEstimate tokens, ModelSize model) {
        Verdict verdict = verdict(tokens.tokens(), model.parameters());
        boolean certain = verdict == verdict(tokens.least(), model.parameters())
                && verdict == verdict(tokens.most(), model.parameters());
        return new Sufficiency(tokens, model, passes(tokens.tokens(), model.parameters()), verdict, certain);
    }

    private static double passes(long tokens, long parameters) {
        return tokens == 0 ? Double.POSITIVE_INFINITY : COMPUTE_OPTIMAL * parameters / tokens;
    }

    private static Verdict verdict(long tokens, long parameters) {
        double passes = passes(tokens, parameters);
        if (passes <= 1) {
            return Verdict.ENOUGH;
        } else if (passes <= GOOD_PASSES) {
            return Verdict.ENOUGH_REPEATED;
        }
        return passes <= LAST_PASSES ? Verdict.THIN : Verdict.TOO_LITTLE;
    }

    double tokensPerParameter() {
        return (double) tokens.tokens() / model.parameters();
    }

    /// The largest model for which a number of passes over this text is compute-optimal.
    static long largestModel(long tokens, double passes) {
        return Math.round(tokens * passes / COMPUTE_OPTIMAL);
    }

    /// What passes over one text are worth, in passes over new text: `1 + R*·(1 − e^(−(passes − 1) / R*))`.
    static double worth(double passes) {
        return 1 + DECAY * -Math.expm1(-(passes - 1) / DECAY);
    }

    /// One sentence for people.
    String sentence() {
        String ratio = "%s tokens a parameter in one pass".formatted(figure(tokensPerParameter()));
        return switch (verdict) {
            case ENOUGH -> "Enough: %s, and %.0f are compute-optimal.".formatted(ratio, COMPUTE_OPTIMAL);
            case ENOUGH_REPEATED ->
                "Enough if it is repeated: %s; %s passes make the compute-optimal %.0f, and up to %.0f are nearly as good as new text."
                        .formatted(ratio, figure(passes), COMPUTE_OPTIMAL, GOOD_PASSES);
            case THIN ->
                "Thin: %s; it takes %s passes to the compute-optimal %.0f, and each after the fourth brings less."
                        .formatted(ratio, figure(passes), COMPUTE_OPTIMAL);
            case TOO_LITTLE ->
                tokens.tokens() == 0
                        ? "Too little: there is no text."
                        : ("Too little: %s; it would take %s passes to the compute-optimal %.0f, and after %.0f another brings"
                                        + " next to nothing. The model will know this text by heart rather than the language.")
                                .formatted(ratio, figure(passes), COMPUTE_OPTIMAL, LAST_PASSES);
        };
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : value >= 1 ? "%.1f" : "%.2g", value);
    }
}
