package org.millrace.cli.chat;

import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;

/// How answers are drawn: what the server takes, by the names of options and commands.
public final class Drawing {

    private final Sampling.Builder sampling = Sampling.newBuilder();
    private float minP;

    /// @param name of an option or a command: `--top-p`, `/top-p`
    /// @param value empty: as it is if nobody says anything
    /// @throws IllegalArgumentException that tells what is expected
    public void set(String name, String value) {
        String given = value.isEmpty() ? "0" : value;
        switch (name.replaceFirst("^(--|/)", "")) {
            case "temperature" -> sampling.setTemperature(temperature(name, given));
            case "top-p" -> sampling.setTopP(share(name, given));
            case "top-k" -> sampling.setTopK(count(name, given));
            case "min-p" -> minP = share(name, given);
            case "seed" -> sampling.setSeed(seed(name, given));
            case "max-tokens" -> sampling.setMaxTokens(count(name, given));
            default -> throw new IllegalArgumentException("expected a way to draw, got " + name);
        }
    }

    /// Longest answer, in tokens; 0: as long as the model's context has room.
    int maxTokens() {
        return sampling.getMaxTokens();
    }

    GenerateRequest of(GenerateRequest request) {
        return request.toBuilder().setSampling(sampling).setMinP(minP).build();
    }

    private static float temperature(String name, String value) {
        float number = number(value);
        if (number != 0 && !(number >= 0.01f && number <= 100)) {
            throw unexpected(name, "0, or 0.01 to 100", value);
        }
        return number;
    }

    private static float share(String name, String value) {
        float number = number(value);
        if (!(number >= 0 && number <= 1)) {
            throw unexpected(name, "0 to 1", value);
        }
        return number;
    }

    private static float number(String value) {
        try {
            return Float.parseFloat(value);
        } catch (NumberFormatException e) {
            return Float.NaN;
        }
    }

    private static int count(String name, String value) {
        if (!value.matches("[0-9]{1,9}")) {
            throw unexpected(name, "a whole number from 0 on", value);
        }
        return Integer.parseInt(value);
    }

    private static long seed(String name, String value) {
        if (!value.matches("-?[0-9]{1,18}")) {
            throw unexpected(name, "a whole number of at most 18 digits", value);
        }
        return Long.parseLong(value);
    }

    private static IllegalArgumentException unexpected(String name, String expected, String value) {
        return new IllegalArgumentException("%s: expected %s, got \"%s\"".formatted(name, expected, value));
    }
}
