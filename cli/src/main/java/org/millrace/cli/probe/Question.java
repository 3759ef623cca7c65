package org.millrace.cli.probe;

import java.util.List;

/// A question with what counts as a right answer.
///
/// @param answers any of them is right; none: nobody can know, and only "I don't know" is
/// @param source where it comes from, for people: an address, or a line of a file
public record Question(String text, List<String> answers, String source) {

    public Question {
        if (text.isBlank()) {
            throw new IllegalArgumentException("question: expected some text, got none");
        }
        answers = List.copyOf(answers);
        for (String answer : answers) {
            if (Wording.words(answer).isEmpty()) {
                throw new IllegalArgumentException(
                        "answers: expected letters or digits in each, got \"%.80s\"".formatted(answer));
            }
        }
    }
}
