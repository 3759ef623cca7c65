package org.millrace.chattemplate;

/// A run of rendered text from one source. Special tokens are looked for in the template's text, and nowhere else; what
/// lies between two special tokens is one text, whatever parts it has, and is encoded as one.
public record Part(String text, Origin origin) {

    public enum Origin {
        /// The template, and [Text#trusted].
        TEMPLATE,
        /// [Text#answer]: what the assistant said, which a model is to learn.
        ANSWER,
        /// What somebody else wrote, and what was made of anything: numbers, dates, JSON.
        OTHER
    }

    public boolean isTemplate() {
        return origin == Origin.TEMPLATE;
    }
}
