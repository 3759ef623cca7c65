package org.millrace.tokenizer;

import java.util.regex.Pattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;

/// A tokenizer that everybody may know.
///
/// @param name [a-z0-9-]{1,64}
/// @param version 1, 2, … within the name
/// @param chat how conversations are written with it; knows the token that begins a text
public record PublishedTokenizer(String name, long version, Tokenizer tokenizer, ChatFormat chat) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

    public PublishedTokenizer {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name: expected %s, got \"%.80s\"".formatted(NAME, name));
        }
        if (version < 1) {
            throw new IllegalArgumentException("version: expected at least 1, got " + version);
        }
        if (chat.beginOfText().isEmpty()) {
            throw new IllegalArgumentException("tokenizer_config.json: expected a bos_token or pad_token that is in"
                    + " tokenizer.json, to begin documents with, got none");
        }
    }
}
