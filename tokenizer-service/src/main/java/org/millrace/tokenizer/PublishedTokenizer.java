package org.millrace.tokenizer;

import java.util.regex.Pattern;
import org.millrace.bpe.Tokenizer;

/// A tokenizer that everybody may know.
///
/// @param name [a-z0-9-]{1,64}
/// @param version 1, 2, … within the name
public record PublishedTokenizer(String name, long version, Tokenizer tokenizer) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

    public PublishedTokenizer {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name: expected %s, got \"%.80s\"".formatted(NAME, name));
        }
        if (version < 1) {
            throw new IllegalArgumentException("version: expected at least 1, got " + version);
        }
    }
}
