package org.millrace.inference;

/// Whose ids a model reads and draws, as it was published.
///
/// @param name empty if the publication names none
/// @param version monotonic per name, from 1; 0 without a name
public record TokenizerVersion(String name, long version) {

    public TokenizerVersion {
        if (name.isEmpty() ? version != 0 : version < 1) {
            throw new IllegalArgumentException(
                    "tokenizer_version: expected from 1, and 0 without a name, got \"%s\" and %d"
                            .formatted(name, version));
        }
    }
}
