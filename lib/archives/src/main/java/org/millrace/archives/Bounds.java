package org.millrace.archives;

/// What one record of an archive may cost. The same bounds as for pages that are fetched: an archive is
/// foreign data too.
///
/// @param maxBody bytes of a page after decoding, 1 to 1 GiB; a longer one is passed over
/// @param maxHead bytes of a record's header, and of the HTTP header inside it, 256 to 16 MiB
public record Bounds(int maxBody, int maxHead) {

    /// Headers of archives carry digests and addresses beside what servers send, which send at most some
    /// KiB: OkHttp's bound.
    public static final int HEAD = 256 << 10;

    public Bounds {
        within("maxBody", maxBody, 1, 1 << 30);
        within("maxHead", maxHead, 256, 16 << 20);
    }

    private static void within(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("%s: expected %d to %d, got %d".formatted(name, min, max, value));
        }
    }
}
