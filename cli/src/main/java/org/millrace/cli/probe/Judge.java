package org.millrace.cli.probe;

import java.util.List;

/// Says what an answer is worth, by its words alone.
///
/// @param refusals ways to say "I don't know"
record Judge(List<String> refusals) {

    enum Verdict {
        /// Says a right answer.
        RIGHT,
        /// Says that it does not know, or nothing.
        REFUSED,
        /// Says something else, as if it knew.
        WRONG
    }

    Judge {
        refusals = List.copyOf(refusals);
    }

    Verdict of(Question question, String answer) {
        if (question.answers().stream().anyMatch(right -> Wording.says(answer, right))) {
            return Verdict.RIGHT;
        }
        boolean refused =
                Wording.words(answer).isEmpty() || refusals.stream().anyMatch(refusal -> Wording.says(answer, refusal));
        return refused ? Verdict.REFUSED : Verdict.WRONG;
    }
}
