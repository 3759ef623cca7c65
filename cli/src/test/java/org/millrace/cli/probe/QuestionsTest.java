package org.millrace.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cli.Failure;

class QuestionsTest {

    private static final Snippet SNIPPET =
            new Snippet("Chad lies in Africa. Its capital N'Djamena has 1,605,696 people.", "http://chad");

    @TempDir
    Path dir;

    @Test
    void aFileHasAQuestionALine() throws IOException {
        Path file = Files.writeString(dir.resolve("q.jsonl"), """
                {"question": "What is the capital of Chad?", "answers": ["N'Djamena", "Ndjamena"]}

                {"question": "Who rules Atlantis?", "answers": []}
                """);

        assertThat(QuestionFile.read(file))
                .containsExactly(
                        new Question("What is the capital of Chad?", List.of("N'Djamena", "Ndjamena"), "q.jsonl:1"),
                        new Question("Who rules Atlantis?", List.of(), "q.jsonl:3"));
    }

    @Test
    void badLinesAreNamed() throws IOException {
        refused("{\"question\": \"q\"}", ":1: answers: expected an array of 0 to 1000 texts, got nothing");
        refused(
                "{\"question\": \"q\", \"answers\": [1]}",
                ":1: answers: expected texts of at least one character, got [1]");
        refused("{\"question\": 5, \"answers\": []}", ":1: question: expected a text of at least one character, got 5");
        refused("{\"question\": \" \", \"answers\": []}", ":1: question: expected some text, got none");
        refused("[", ":1: expected one JSON object");
        refused("\n{} {}", ":2: expected one JSON object");
        refused("", "expected at least 1 question, got none");
    }

    /// A question whose answer the page does not give, or that gives it away, or that leans on the page, is none.
    @Test
    void onlyQuestionsThatTheSnippetAnswersAreTaken() throws InterruptedException {
        assertThat(written("Question: What is the capital of Chad?\nAnswer: N'Djamena"))
                .containsExactly(new Question("What is the capital of Chad?", List.of("N'Djamena"), "http://chad"));
        assertThat(written("Sure!\nquestion: How many people live in Chad's capital?\n\nANSWER: 1,605,696\nDone."))
                .extracting(Question::answers)
                .containsExactly(List.of("1,605,696"));
        assertThat(written("Question: What is the capital of Chad?\nAnswer: Moundou"))
                .isEmpty();
        assertThat(written("Question: Is N'Djamena in Chad?\nAnswer: N'Djamena"))
                .isEmpty();
        assertThat(written("Question: Which capital does the text name?\nAnswer: N'Djamena"))
                .isEmpty();
        assertThat(written("Chad lies in Africa.")).isEmpty();
    }

    @Test
    void aSnippetIsAParagraphOfThePage() {
        String paragraph = "word ".repeat(40).strip();
        String page = "Title\n\n" + paragraph + "\nshort\n" + paragraph.toUpperCase(java.util.Locale.ROOT);

        assertThat(Snippet.of(page, "s", 0).text()).isEqualTo(paragraph);
        assertThat(Snippet.of(page, "s", -1).text()).isEqualTo(paragraph.toUpperCase(java.util.Locale.ROOT));
        assertThat(Snippet.of("a\nb", "s", 3).text()).isEqualTo("a\nb");
        assertThat(Snippet.of("word ".repeat(1_000), "s", 5).text())
                .hasSizeLessThanOrEqualTo(Snippet.MOST)
                .endsWith("word");
    }

    private static List<Question> written(String reply) throws InterruptedException {
        Model model = (requests, seed) -> {
            assertThat(requests).singleElement().asString().contains(SNIPPET.text());
            return List.of(new Model.Reply(reply, true));
        };
        return new QuestionWriter(model, 1).about(List.of(SNIPPET));
    }

    private void refused(String line, String message) throws IOException {
        Path file = Files.writeString(dir.resolve("bad.jsonl"), line);
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> QuestionFile.read(file))
                .withMessageContaining(message);
    }
}
