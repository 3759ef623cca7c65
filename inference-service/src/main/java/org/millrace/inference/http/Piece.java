package org.millrace.inference.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Utf8Stream;
import org.millrace.inference.Drawn;
import org.millrace.inference.Scored;

/// What one choice has to say at once: a whole answer, or what has come of it since the last message.
final class Piece {

    /// @param logProb nats; `null` for the first token of a prompt, before which there is nothing
    /// @param top the likeliest tokens there, if they were asked for
    /// @param offset where in the answer's text, in UTF-16 units, what became certain with this token begins
    record Token(int id, @Nullable Double logProb, List<Drawn.Likely> top, int offset, boolean ofPrompt) {}

    private final StringBuilder text = new StringBuilder();
    private final List<Token> tokens = new ArrayList<>();
    private final int begin;
    private Drawn.@Nullable Finish finish;

    /// @param begin length of what the answer said before, in UTF-16 units
    Piece(int begin) {
        this.begin = begin;
    }

    /// Says the prompt before the answer.
    ///
    /// @param scores of its tokens from the second on; empty if they were not asked for
    void echo(int[] prompt, List<Scored> scores, Tokenizer tokenizer) {
        Utf8Stream characters = tokenizer.stream();
        for (int i = 0; i < prompt.length; i++) {
            Scored score = i == 0 || scores.isEmpty() ? null : scores.get(i - 1);
            tokens.add(new Token(
                    prompt[i],
                    score == null ? null : score.logProb(),
                    score == null ? List.of() : score.top(),
                    end(),
                    true));
            text.append(characters.add(prompt[i]));
        }
        text.append(characters.end());
    }

    void add(Drawn drawn) {
        tokens.add(new Token(drawn.token(), drawn.logProb(), drawn.top(), end(), false));
        text.append(drawn.text());
        finish = drawn.finish();
    }

    String text() {
        return text.toString();
    }

    List<Token> tokens() {
        return tokens;
    }

    Drawn.@Nullable Finish finish() {
        return finish;
    }

    /// Length of the answer so far, in UTF-16 units.
    int end() {
        return begin + text.length();
    }
}
