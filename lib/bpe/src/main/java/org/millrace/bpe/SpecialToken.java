package org.millrace.bpe;

/// Tokens that stand for structure, not text. They are the last nine ids of every vocabulary, in
/// this order, and no text ever encodes to one of them.
public enum SpecialToken {
    BOS("<|bos|>"),
    USER_START("<|user_start|>"),
    USER_END("<|user_end|>"),
    ASSISTANT_START("<|assistant_start|>"),
    ASSISTANT_END("<|assistant_end|>"),
    PYTHON_START("<|python_start|>"),
    PYTHON_END("<|python_end|>"),
    OUTPUT_START("<|output_start|>"),
    OUTPUT_END("<|output_end|>");

    static final int COUNT = values().length;

    private final String text;

    SpecialToken(String text) {
        this.text = text;
    }

    /// How the token is written in `tokenizer.json` and in the chat template.
    public String text() {
        return text;
    }
}
