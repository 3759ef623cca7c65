package org.millrace.cli.data;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.millrace.checkpoint.ModelConfig;

/// How large the model is that the data is meant for.
///
/// @param parameters numbers that are learned, embeddings included
/// @param name how it is known, for people
public record ModelSize(long parameters, String name) {

    private static final Pattern NUMBER = Pattern.compile("(\\d+(?:\\.\\d+)?)([kmb]?)");

    public ModelSize {
        if (parameters < 1) {
            throw new IllegalArgumentException("parameters: expected at least 1, got " + parameters);
        }
    }

    /// @param text `560000000`, `560M`, `1.2B`
    /// @throws IllegalArgumentException if it is no such number
    static ModelSize parse(String text) {
        Matcher number = NUMBER.matcher(text.strip().toLowerCase(Locale.ROOT).replace("_", ""));
        if (!number.matches()) {
            throw new IllegalArgumentException("expected a number such as 4300000, 560M or 1.2B, got " + text);
        }
        int zeros =
                switch (number.group(2)) {
                    case "k" -> 3;
                    case "m" -> 6;
                    case "b" -> 9;
                    default -> 0;
                };
        BigDecimal parameters = new BigDecimal(number.group(1)).movePointRight(zeros);
        if (parameters.signum() <= 0 || parameters.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("expected 1 or more parameters, got " + text);
        }
        return new ModelSize(Math.max(1, parameters.longValue()), "as asked");
    }

    /// What the trainer would make of a depth.
    static ModelSize ofDepth(int depth, int vocabulary) {
        long parameters = ModelConfig.ofDepth(depth, 0, 1, vocabulary, 0, 1).parameters();
        return new ModelSize(parameters, "depth %d, vocabulary %,d".formatted(depth, vocabulary));
    }
}
