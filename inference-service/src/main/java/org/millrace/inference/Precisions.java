package org.millrace.inference;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.onnx.Precision;

/// Which models are served with other bits than is usual, by their published names.
///
/// @param usual of all others
public record Precisions(Map<String, Precision> byName, Precision usual) {

    public static final Precisions AS_TRAINED = new Precisions(Map.of(), Precision.FP32);

    public Precisions {
        byName = Map.copyOf(byName);
    }

    /// @param settings `NAME=int8`, each name once
    /// @throws IllegalArgumentException naming what is wrong
    public static Precisions of(List<String> settings, Device device) {
        Map<String, Precision> byName = new HashMap<>();
        for (String setting : settings) {
            int end = setting.indexOf('=');
            String name = end < 0 ? "" : setting.substring(0, end).strip();
            if (name.isEmpty()) {
                throw new IllegalArgumentException("weights: expected NAME=PRECISION, got \"%s\"".formatted(setting));
            }
            Precision precision;
            try {
                precision = Precision.named(setting.substring(end + 1).strip());
                device.numbers(precision); // which refuses what it does not compute
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("weights: %s: %s".formatted(name, e.getMessage()), e);
            }
            if (byName.put(name, precision) != null) {
                throw new IllegalArgumentException(
                        "weights: expected each name once, got \"%s\" twice".formatted(name));
            }
        }
        return new Precisions(byName, device.usual());
    }

    Precision of(String model) {
        return byName.getOrDefault(model, usual);
    }
}
