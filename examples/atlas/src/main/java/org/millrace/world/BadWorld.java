package org.millrace.world;

import java.io.IOException;

/// A world directory that cannot be read, and where: the file, the line, the field or column, what
/// was expected there and what was found.
public final class BadWorld extends IOException {

    private static final long serialVersionUID = 1L;

    BadWorld(String file, int line, String field, String expected, String got) {
        super("%s:%d: %s: expected %s, got %s".formatted(file, line, field, expected, got));
    }
}
