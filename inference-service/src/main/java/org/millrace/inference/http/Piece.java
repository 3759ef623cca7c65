package org.millrace.inference.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.Drawn;

/// What one choice has to say at once: a whole answer, or what has come of it since the last message.
final class Piece {

    /// @param offset where in the answer's text, in UTF-16 units, what became certain with this token begins
    record Token(int id, double logProb, int offset) {}

    private final StringBuilder text = new StringBuilder();
    private final List<Token> tokens = new ArrayList<>();
    private final int begin;
    private Drawn.@Nullable Finish finish;

    /// @param begin length of what the answer said before, in UTF-16 units
    Piece(int begin) {
        this.begin = begin;
    }

    void add(Drawn drawn) {
        tokens.add(new Token(drawn.token(), drawn.logProb(), end()));
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
