package org.millrace.cli.eval.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What the items of a task are.
public enum Kind {
    BITS_PER_BYTE,
    CHOICE,
    CLOZE,
    EXACT,
    BIAS;

    /// How files and reports call it.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Kind> named(String label) {
        return Arrays.stream(values())
                .filter(kind -> kind.label().equals(label))
                .findAny();
    }

    static List<String> labels() {
        return Arrays.stream(values()).map(Kind::label).toList();
    }
}
