package org.millrace.tokenizer;

/// A cleaned page.
///
/// @param id of the document, 1 to 128 characters
/// @param url where it came from; may be empty
/// @param replacesUrl where the same text was said to come from before; empty if the text was never there
/// @param text not empty
public record Document(String id, String url, String replacesUrl, String text) {

    public Document {
        if (id.isEmpty() || id.length() > 128) {
            throw new IllegalArgumentException("document_id: expected 1 to 128 characters, got " + id.length());
        }
        if (text.isEmpty()) {
            throw new IllegalArgumentException("text: expected at least 1 character, got 0");
        }
    }

    /// The same text was there before.
    boolean isAgain() {
        return !replacesUrl.isEmpty();
    }
}
