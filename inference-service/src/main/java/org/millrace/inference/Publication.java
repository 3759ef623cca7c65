package org.millrace.inference;

import java.util.SortedMap;
import java.util.regex.Pattern;
import org.millrace.artifacts.Reference;

/// Weights that somebody has published to be served.
///
/// @param name `[a-z0-9-]{1,64}`
/// @param version monotonic per name, from 1
/// @param stage what made it: pretrain, fine-tune, …
/// @param tokenizer by name: its files are among `files`
/// @param files a checkpoint's directory
public record Publication(
        String name, long version, String stage, TokenizerVersion tokenizer, SortedMap<String, Reference> files) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

    public Publication {
        if (!NAME.matcher(name).matches()) { // a part of paths and metrics
            throw new IllegalArgumentException("name: expected %s, got %s"
                    .formatted(NAME, name.length() <= 80 ? "\"" + name + "\"" : name.length() + " characters"));
        }
        if (version < 1) {
            throw new IllegalArgumentException("version: expected at least 1, got " + version);
        }
    }
}
