package org.millrace.cli.probe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A question with what counts as a right answer.
///
/// @param answers any of them is right; none: nobody can know, and only "I don't know" is
/// @param source where it comes from, for people: an address, or a line of a file
public record Question(String text, List<String> answers, String source) {

    /// Each text once, in the order in which they come first; of the answers that are given to it any is right. Asked
    /// twice it could become a lesson to refuse and one to answer.
    static List<Question> merged(List<Question> questions) {
        Map<String, Question> byText = new LinkedHashMap<>();
        for (Question question : questions) {
            byText.merge(question.text(), question, Question::with);
        }
        return List.copyOf(byText.values());
    }

    private Question with(Question other) {
        List<String> either = Stream.concat(answers.stream(), other.answers.stream())
                .distinct()
                .toList();
        return new Question(text, either, source);
    }

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
