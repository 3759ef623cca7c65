package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// 128 bits that stand for one URL of one crawl, so that a million seen URLs are some ten megabytes.
/// Two of a billion URLs share one with a chance below 1e-20.
public record Fingerprint(long high, long low) {

    public static Fingerprint of(String crawl, String url) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(crawl.getBytes(UTF_8));
            sha256.update((byte) 0);
            ByteBuffer digest = ByteBuffer.wrap(sha256.digest(url.getBytes(UTF_8)));
            return new Fingerprint(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
