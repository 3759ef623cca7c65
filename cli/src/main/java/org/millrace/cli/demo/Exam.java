package org.millrace.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.world.Cloze;
import org.millrace.world.Grade;
import org.millrace.world.Question;
import org.millrace.world.World;

/// Asks the served model questions, greedy, and grades the answers as the world knows them.
final class Exam {

    private static final Sampling GREEDY =
            Sampling.newBuilder().setTemperature(0).setMaxTokens(32).build();

    private final Answers answers;
    private final World world;
    private final String model;

    Exam(Answers answers, World world, String model) {
        this.answers = answers;
        this.world = world;
        this.model = model;
    }

    /// How one exam went.
    ///
    /// @param right answers that equal a right answer, in any of its accepted forms
    /// @param refused "I don't know", in any of its wordings
    /// @param stopped answers that ended by themselves
    record Result(int asked, int right, int refused, int stopped, List<Marked> marked) {

        static final Result NONE = new Result(0, 0, 0, 0, List.of());

        double rightShare() {
            return asked == 0 ? 0 : (double) right / asked;
        }

        double refusedShare() {
            return asked == 0 ? 0 : (double) refused / asked;
        }

        double stoppedShare() {
            return asked == 0 ? 0 : (double) stopped / asked;
        }

        /// Answers that are right here and were not in `other`, of the same questions.
        long rightBeside(Result other) {
            if (asked != other.asked) {
                throw new IllegalArgumentException(
                        "expected two exams of the same questions, got %d and %d".formatted(asked, other.asked));
            }
            return IntStream.range(0, asked)
                    .filter(i -> isRight(i) && !other.isRight(i))
                    .count();
        }

        private boolean isRight(int question) {
            return marked.get(question).grade() instanceof Grade.Right;
        }
    }

    record Marked(Question question, String answer, Grade grade) {}

    Result ask(List<Question> questions, DoubleConsumer progress) throws InterruptedException {
        List<Answer> given = answers.ask(
                model,
                questions.stream().map(Question::text).toList(),
                GREEDY,
                done -> progress.accept((double) done / questions.size()));
        List<Marked> marked = new ArrayList<>();
        int right = 0;
        int refused = 0;
        int stopped = 0;
        for (int i = 0; i < questions.size(); i++) {
            // An answer that was cut off is not an answer: the model must stop by itself.
            String text =
                    given.get(i).stopped() ? given.get(i).text() : given.get(i).text() + " …";
            stopped += given.get(i).stopped() ? 1 : 0;
            Grade grade = world.grade(questions.get(i), text);
            switch (grade) {
                case Grade.Right r -> right++;
                case Grade.Refused r -> refused++;
                case Grade.Wrong w -> {}
            }
            marked.add(new Marked(questions.get(i), text, grade));
        }
        return new Result(questions.size(), right, refused, stopped, marked);
    }

    /// Share of statements that the model, given their beginning, ends with the fact.
    double cloze(List<Cloze> statements, DoubleConsumer progress) throws InterruptedException {
        Sampling few = GREEDY.toBuilder().setMaxTokens(12).build();
        List<Answer> given = answers.complete(
                model,
                statements.stream().map(Cloze::prefix).toList(),
                few,
                done -> progress.accept((double) done / statements.size()));
        int right = 0;
        for (int i = 0; i < statements.size(); i++) {
            String continuation = given.get(i).text().strip().toLowerCase(Locale.ROOT);
            if (statements.get(i).acceptable().stream()
                    .anyMatch(value -> startsWithWord(continuation, value.toLowerCase(Locale.ROOT)))) {
                right++;
            }
        }
        return statements.isEmpty() ? 0 : (double) right / statements.size();
    }

    private static boolean startsWithWord(String text, String word) {
        return text.startsWith(word)
                && (text.length() == word.length() || !Character.isLetterOrDigit(text.charAt(word.length())));
    }
}
