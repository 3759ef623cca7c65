package org.millrace.cli.data;

import java.util.Locale;

/// How many tokens a text makes.
///
/// @param least what it is at least, if bytes a token are as many as anywhere
/// @param most what it is at most
/// @param basis where bytes a token come from, for people
public record TokenEstimate(long tokens, long least, long most, double bytesPerToken, String basis) {

    /// Without a tokenizer: English is 4.6 to 4.9 bytes a token and code 2.2 to 2.6, with 50,257 and 65,536
    /// ids.
    ///
    /// - **Source:** nanochat's reports of its tokenizer beside GPT-2's (`scripts/tok_eval.py`),
    ///   on FineWeb-Edu and on code.
    private static final double BY_RULE = 4;

    private static final double FEWEST_BYTES = 2.2;
    private static final double MOST_BYTES = 4.9;

    /// What a tokenizer made of a part of the text.
    ///
    /// @param bytes of text, UTF-8
    /// @param tokens they became
    /// @param fewestBytes a token, of all shards
    /// @param mostBytes a token, of all shards
    public record Measured(String tokenizer, long bytes, long tokens, double fewestBytes, double mostBytes) {

        public Measured {
            if (bytes < 1 || tokens < 1) {
                throw new IllegalArgumentException(
                        "measured: expected some bytes and tokens, got %d and %d".formatted(bytes, tokens));
            }
        }
    }

    static TokenEstimate measured(long bytes, Measured measured) {
        double rate = (double) measured.bytes / measured.tokens;
        return of(
                bytes,
                rate,
                measured.fewestBytes,
                measured.mostBytes,
                String.format(
                        Locale.ROOT,
                        "measured: tokenizer %s made %,d tokens of %,d bytes",
                        measured.tokenizer,
                        measured.tokens,
                        measured.bytes));
    }

    static TokenEstimate byRule(long bytes) {
        return of(
                bytes,
                BY_RULE,
                FEWEST_BYTES,
                MOST_BYTES,
                "a rule of thumb, as no tokenizer has read the text: 4 bytes a token, 4.9 for English, 2.2 for code");
    }

    private static TokenEstimate of(long bytes, double rate, double fewest, double most, String basis) {
        return new TokenEstimate(
                Math.round(bytes / rate), Math.round(bytes / most), Math.round(bytes / fewest), rate, basis);
    }
}
