package org.millrace.cli.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Has a model write questions about snippets. What it writes is used only if the snippet answers it by its own words.
final class QuestionWriter {

    private static final Pattern WRITTEN = Pattern.compile(
            "(?is)question:\\s*(?<question>[^\\n]{8,300}\\?)\\s*\\n\\s*answer:\\s*(?<answer>[^\\n]{1,100})");
    /// A question that stands alone does not speak of where it comes from.
    private static final Pattern LEANS =
            Pattern.compile("(?i)\\b(the|this|that) (text|passage|article|page|paragraph|author|snippet)\\b");

    private final Model model;
    private final long seed;

    QuestionWriter(Model model, long seed) {
        this.model = model;
        this.seed = seed;
    }

    /// At most one for each snippet.
    List<Question> about(List<Snippet> snippets) throws InterruptedException {
        List<Model.Reply> written =
                model.replies(snippets.stream().map(QuestionWriter::request).toList(), seed);
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < snippets.size(); i++) {
            read(written.get(i).text(), snippets.get(i)).ifPresent(questions::add);
        }
        return questions;
    }

    private static String request(Snippet snippet) {
        return """
                Write one question about a fact in the text below, and its answer. Somebody who does not see the text must \
                understand the question. The answer is a name, a number or a few words copied from the text.

                Text: %s

                Reply with two lines:
                Question: …?
                Answer: …""".formatted(snippet.text());
    }

    private static Optional<Question> read(String written, Snippet snippet) {
        Matcher lines = WRITTEN.matcher(written);
        if (!lines.find()) {
            return Optional.empty();
        }
        String question = lines.group("question").strip();
        String answer = lines.group("answer").strip();
        boolean stands = Wording.says(snippet.text(), answer)
                && !Wording.says(question, answer)
                && !LEANS.matcher(question).find();
        return stands ? Optional.of(new Question(question, List.of(answer), snippet.source())) : Optional.empty();
    }
}
