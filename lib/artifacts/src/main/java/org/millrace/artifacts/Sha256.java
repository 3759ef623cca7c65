package org.millrace.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// The hash that names artifacts, and the copying that computes it on the way.
final class Sha256 {

    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER = 1 << 16;

    private Sha256() {}

    /// Names come from events, and become paths: nothing but a hash may pass.
    static String check(String sha256) {
        if (!HEX.matcher(sha256).matches()) {
            throw new IllegalArgumentException(
                    "sha256: expected 64 lowercase hex digits, got %d characters".formatted(sha256.length()));
        }
        return sha256;
    }

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /// Copies to the end and tells what passed.
    static Passed copy(InputStream in, OutputStream out) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[BUFFER];
        long length = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
            out.write(buffer, 0, n);
            length += n;
        }
        return new Passed(HexFormat.of().formatHex(digest.digest()), length);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Hash and length of bytes that went by.
    record Passed(String sha256, long length) {

        void mustBe(String expected, long expectedLength, String where) throws ArtifactCorrupt {
            if (length != expectedLength) {
                throw new ArtifactCorrupt("%s: expected %d bytes, got %d".formatted(where, expectedLength, length));
            }
            if (!sha256.equals(expected)) {
                throw new ArtifactCorrupt("%s: expected SHA-256 %s, got %s".formatted(where, expected, sha256));
            }
        }
    }
}
