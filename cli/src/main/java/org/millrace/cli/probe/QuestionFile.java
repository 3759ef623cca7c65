package org.millrace.cli.probe;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.millrace.cli.Failure;
import org.millrace.cli.lines.Fields;
import org.millrace.cli.lines.Lines;

/// Questions of a file, a JSON object a line: `{"question": "…", "answers": ["…", "…"]}`. No answers: nobody can know.
final class QuestionFile {

    private static final int MOST_ANSWERS = 1000;

    private QuestionFile() {}

    /// @throws Failure naming file, line and field
    static List<Question> read(Path file) throws IOException {
        List<Question> questions = Lines.of(file, Lines.bytes("--questions", file)).stream()
                .map(QuestionFile::question)
                .toList();
        if (questions.isEmpty()) {
            throw new Failure("%s: expected at least 1 question, got none".formatted(file));
        }
        return questions;
    }

    private static Question question(Fields line) {
        String source = "%s:%d".formatted(line.file().getFileName(), line.number());
        try {
            return new Question(line.text("question"), line.texts("answers", 0, MOST_ANSWERS), source);
        } catch (IllegalArgumentException e) {
            throw new Failure("%s: %s".formatted(line.place(), e.getMessage()), e);
        }
    }
}
