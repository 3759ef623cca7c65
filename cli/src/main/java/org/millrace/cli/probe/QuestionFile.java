package org.millrace.cli.probe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Questions of a file, a JSON object a line: `{"question": "…", "answers": ["…", "…"]}`. No answers: nobody can know.
final class QuestionFile {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private QuestionFile() {}

    /// @throws IOException naming file, line and field
    static List<Question> read(Path file) throws IOException {
        List<Question> questions = new ArrayList<>();
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    questions.add(question(line, "%s:%d".formatted(file.getFileName(), number)));
                }
            }
        } catch (CharacterCodingException e) {
            throw new IOException("%s: line %d: expected UTF-8, got other bytes".formatted(file, number + 1), e);
        } catch (JsonProcessingException e) {
            throw new IOException(
                    "%s: line %d: expected a JSON object, got something else: %s"
                            .formatted(file, number, e.getOriginalMessage()),
                    e);
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: line %d: %s".formatted(file, number, e.getMessage()), e);
        }
        if (questions.isEmpty()) {
            throw new IOException("%s: expected at least 1 question, got none".formatted(file));
        }
        return questions;
    }

    private static Question question(String line, String source) throws JsonProcessingException {
        JsonNode json = JSON.readTree(line);
        JsonNode answers = json.path("answers");
        if (!answers.isArray()) {
            throw new IllegalArgumentException("answers: expected a list of texts, got " + kind(answers));
        }
        List<String> right = new ArrayList<>();
        for (JsonNode answer : answers) {
            right.add(text("answers[%d]".formatted(right.size()), answer));
        }
        return new Question(text("question", json.path("question")), right, source);
    }

    private static String text(String field, JsonNode value) {
        if (!value.isTextual()) {
            throw new IllegalArgumentException("%s: expected a text, got %s".formatted(field, kind(value)));
        }
        return value.textValue();
    }

    private static String kind(JsonNode value) {
        return value.isMissingNode() ? "none" : value.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }
}
