package org.millrace.cleaner;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/// The cleaner with every knob at its default.
public final class StandardCleaner {

    private StandardCleaner() {}

    public static Cleaner create() {
        return with(Map.of());
    }

    /// @param settings by name, without `millrace.cleaner.`
    public static Cleaner with(Map<String, String> settings) {
        Map<String, String> properties = new HashMap<>();
        settings.forEach((name, value) -> properties.put("millrace.cleaner." + name, value));
        try {
            return Cleaner.of(StandaloneConfig.read(properties));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
