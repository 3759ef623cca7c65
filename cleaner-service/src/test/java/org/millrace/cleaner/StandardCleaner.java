package org.millrace.cleaner;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/// The cleaner with every knob at its default but those that are named.
public final class StandardCleaner {

    private StandardCleaner() {}

    public static Cleaner create() {
        return with(Map.of());
    }

    /// @param settings by name, without `millrace.cleaner.`
    public static Cleaner with(Map<String, String> settings) {
        try {
            return Cleaner.of(StandardConfig.with(settings));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
