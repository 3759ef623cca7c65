package org.millrace.inference;

import java.util.SortedMap;
import org.millrace.artifacts.Reference;

/// Weights that somebody has published to be served.
///
/// @param version monotonic per name, from 1
/// @param stage what made it: pretrain, fine-tune, …
/// @param tokenizer name of its tokenizer, for people; its ids come with the files
/// @param files a checkpoint's directory
public record Publication(
        String name, long version, String stage, String tokenizer, SortedMap<String, Reference> files) {

    public Publication {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name: expected at least 1 character, got 0");
        }
        if (version < 1) {
            throw new IllegalArgumentException("version: expected at least 1, got " + version);
        }
    }
}
