package org.millrace.rollout;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Names a rollout by what it answers, so that a prompt that is delivered twice yields the same ids and
/// the reader keeps the first.
public final class RolloutId {

    private RolloutId() {}

    /// @return lowercase hex SHA-256 of `prompt_id/round/sample`
    public static String of(Prompt prompt, int sample) {
        String name = prompt.id() + "/" + prompt.round() + "/" + sample;
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(name.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
