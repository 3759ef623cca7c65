package org.millrace.bpe;

import java.util.Arrays;
import java.util.Optional;

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

    /// The pattern that a regular expression is; also as tiktoken writes GPT-4's since it was made faster, with any
    /// of the numbers of digits. Empty if it is none of them.
    static Optional<SplitPattern> of(String regex) {
        return Arrays.stream(values())
                .filter(pattern -> regex.equals(pattern.regex())
                        || pattern.digits > 0 && regex.equals(possessive(pattern.number())))
                .findFirst();
    }

    /// As a regular expression, for `tokenizer.json`.
    public String regex() {
        return switch (this) {
            case NANOCHAT -> possessive(number());
            case GPT2 -> "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
            case GPT4, LLAMA3, QWEN2 ->
                CONTRACTIONS
                        + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
                        + number()
                        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        };
    }

    private static String possessive(String number) {
        return "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|"
                + number
                + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
    }

    private String number() {
        return digits == 1 ? "\\p{N}" : "\\p{N}{1," + digits + "}";
    }
}
