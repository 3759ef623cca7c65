package org.millrace.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// Whether the model learns from a text or is measured on it.
public enum Split {
    TRAIN,
    VALIDATION;

    /// Decided by the id alone, so every instance, every replay and every tokenizer agree.
    ///
    /// @param validationShare expected share of [#VALIDATION], 0 to 1
    public static Split of(String id, double validationShare) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            double uniform = (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1p-53;
            return uniform < validationShare ? VALIDATION : TRAIN;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
