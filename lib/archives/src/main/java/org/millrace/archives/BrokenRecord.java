package org.millrace.archives;

import java.io.IOException;

/// A record that cannot be read. The next one may be sound.
final class BrokenRecord extends IOException {

    private static final long serialVersionUID = 1L;

    BrokenRecord(String why) {
        super(why);
    }
}
