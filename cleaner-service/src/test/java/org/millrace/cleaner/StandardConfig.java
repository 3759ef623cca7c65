package org.millrace.cleaner;

import java.util.HashMap;
import java.util.Map;

/// The settings with every knob at its default but those that are named.
public final class StandardConfig {

    private StandardConfig() {}

    /// @param settings by name, without `millrace.cleaner.`
    public static CleanerConfig with(Map<String, String> settings) {
        Map<String, String> properties = new HashMap<>();
        settings.forEach((name, value) -> properties.put("millrace.cleaner." + name, value));
        return StandaloneConfig.read(properties);
    }
}
