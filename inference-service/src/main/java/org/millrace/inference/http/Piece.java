package org.millrace.inference.http;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Utf8Stream;
import org.millrace.inference.Drawn;
import org.millrace.inference.Scored;
import org.millrace.inference.tool.Aside;
import org.millrace.inference.tool.Call;

/// What one choice has to say at once: a whole answer, or what has come of it since the last message.
final class Piece {

    /// @param logProb nats; `null` for the first token of a prompt, before which there is nothing
    /// @param top the likeliest tokens there, if they were asked for
    /// @param offset where in the answer's text, in UTF-16 units, what became certain with this token begins
    /// @param forced whether it is of a tool's output
    record Token(
            int id, @Nullable Double logProb, List<Drawn.Likely> top, int offset, boolean ofPrompt, boolean forced) {}

    /// @param index among the calls of its answer
    /// @param id by which a tool's message names it
    record Called(int index, String id, Call call) {}

    private final StringBuilder text = new StringBuilder();
    private final List<Token> tokens = new ArrayList<>();
    private final List<Called> calls = new ArrayList<>();
    private final int begin;
    private final int callsBefore;
    private Drawn.@Nullable Finish finish;

    /// Of an answer of which nothing has been said.
    Piece() {
        this(0, 0);
    }

    private Piece(int begin, int callsBefore) {
        this.begin = begin;
        this.callsBefore = callsBefore;
    }

    /// What follows.
    Piece next() {
        return new Piece(end(), callsBefore + calls.size());
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
                    true,
                    false));
            text.append(characters.add(prompt[i]));
        }
        text.append(characters.end());
    }

    void add(Drawn drawn) {
        tokens.add(new Token(drawn.token(), drawn.logProb(), drawn.top(), end(), false, drawn.forced()));
        for (Aside aside : drawn.asides()) {
            if (aside instanceof Aside.Asked(Call call, String _)) {
                calls.add(new Called(callsBefore + calls.size(), "call_" + UUID.randomUUID(), call));
            }
        }
        text.append(drawn.text());
        finish = drawn.finish();
    }

    /// Nothing more is said.
    void end(Drawn.Finish reason) {
        finish = reason;
    }

    /// What the caller is to do.
    List<Called> calls() {
        return calls;
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
    private int end() {
        return begin + text.length();
    }
}
