package org.millrace.exactlyonce;

/// How much a test of faults does: enough to mean something with every run of the tests, and the long size
/// with `-Dmillrace.long=true` (`docs/faults.md`).
final class Size {

    private Size() {}

    static boolean isLong() {
        return Boolean.getBoolean("millrace.long");
    }

    static int of(int always, int whenLong) {
        return isLong() ? whenLong : always;
    }
}
