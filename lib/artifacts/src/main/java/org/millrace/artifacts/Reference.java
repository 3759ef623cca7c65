package org.millrace.artifacts;

import java.util.Map;
import java.util.stream.Collectors;

/// Names immutable bytes. Readers look them up by hash in their own store; the URI is for people and
/// foreign tools.
///
/// @param uri where the writer's store keeps them
/// @param sha256 lowercase hex, 64 characters, of the bytes
/// @param length bytes, at least 0
public record Reference(String uri, String sha256, long length) {

    public Reference {
        Sha256.check(sha256);
        if (length < 0) {
            throw new IllegalArgumentException("length: expected at least 0, got " + length);
        }
    }

    /// Of each file its SHA-256, by name.
    public static Map<String, String> hashes(Map<String, Reference> files) {
        return files.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, file -> file.getValue()
                .sha256()));
    }
}
