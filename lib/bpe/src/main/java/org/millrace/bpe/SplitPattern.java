package org.millrace.bpe;

/// How text is cut into the pieces within which merges happen. All but [#GPT2] are one pattern with another
/// number of digits: words with the character before them, numbers, runs of symbols with the newlines after
/// them, white space.
///
/// Sources: openai/tiktoken (`gpt2`, `cl100k_base`), karpathy/nanochat, the `tokenizer.json` of Llama 3 and
/// Qwen 2.
public enum SplitPattern {
    /// GPT-4's with numbers of at most two digits, which nanochat measured to be better at small vocabularies.
    NANOCHAT(2),
    GPT2(0),
    GPT4(3),
    LLAMA3(3),
    QWEN2(1);

    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private final int digits;

    SplitPattern(int digits) {
        this.digits = digits;
    }

    /// Digits that a number has at most; 0: any number.
    int digits() {
        return digits;
    }

    /// As a regular expression, for `tokenizer.json`.
    public String regex() {
        return switch (this) {
            case NANOCHAT ->
                "'(?i:[sdmt]|ll|ve|re)"
                        + "|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+"
                        + "|\\p{N}{1,2}"
                        + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
                        + "|\\s*[\\r\\n]"
                        + "|\\s+(?!\\S)"
                        + "|\\s+";
            case GPT2 -> "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
            case GPT4, LLAMA3 -> gpt4("\\p{N}{1,3}");
            case QWEN2 -> gpt4("\\p{N}");
        };
    }

    private static String gpt4(String number) {
        return CONTRACTIONS
                + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
                + number
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }
}
