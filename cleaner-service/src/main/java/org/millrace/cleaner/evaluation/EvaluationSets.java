package org.millrace.cleaner.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.millrace.cleaner.rule.Breach;

/// The questions and answers of evaluation sets, of which no training text may hold twelve words in a row.
///
/// A set is a file. Each of its lines is a JSON object, whose texts under `question`, `answer` and `text` are
/// taken one by one and question and answer also as one, or it is a text itself. What has fewer than twelve words
/// cannot be told from ordinary speech, and is not looked for.
///
/// Eight bytes an n-gram: a set of 14,000 questions of 50 words takes about 5 MB. Thread-safe.
public final class EvaluationSets {

    /// As GPT-3 (13) and datatrove (12) do; shorter ones are found in any newspaper.
    public static final int WORDS = 12;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Set> sets;

    /// @param hashes of its n-grams, ascending
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Set(String name, long[] hashes) {}

    private EvaluationSets(List<Set> sets) {
        this.sets = List.copyOf(sets);
    }

    /// @param files one a set; a set is called as its file, without its ending
    /// @throws IOException if one cannot be read, or begins an object that it does not end
    public static EvaluationSets read(Collection<Path> files) throws IOException {
        List<Set> sets = new ArrayList<>();
        for (Path file : files) {
            sets.add(new Set(name(file), hashes(file)));
        }
        return new EvaluationSets(sets);
    }

    /// Whether a text gives an examination away: the rule `contaminated`.
    public Optional<Breach> breach(String text) {
        if (sets.isEmpty()) {
            return Optional.empty();
        }
        Words words = Words.of(text);
        for (int from = 0; from + WORDS <= words.count(); from++) {
            long hash = words.hash(from, WORDS);
            for (Set set : sets) {
                if (Arrays.binarySearch(set.hashes, hash) >= 0) {
                    return Optional.of(new Breach(
                            "contaminated",
                            set.name + ": " + words.shown(from, WORDS),
                            "no " + WORDS + " words in a row of an evaluation set"));
                }
            }
        }
        return Optional.empty();
    }

    private static String name(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static long[] hashes(Path file) throws IOException {
        Hashes hashes = new Hashes();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                try {
                    texts(line.strip()).forEach(hashes::add);
                } catch (JsonProcessingException e) {
                    throw new IOException(
                            "%s, line %d: expected one JSON object or a text that does not begin with '{'"
                                    .formatted(file, number),
                            e);
                }
            }
        }
        return hashes.sorted();
    }

    private static List<String> texts(String line) throws JsonProcessingException {
        if (!line.startsWith("{")) {
            return List.of(line);
        }
        JsonNode object = JSON.readTree(line);
        String question = object.path("question").asText("");
        String answer = object.path("answer").asText("");
        // A short answer is told from others by its question.
        return List.of(
                question, answer, question + " " + answer, object.path("text").asText(""));
    }

    /// Collects the hashes of all n-grams.
    private static final class Hashes {

        private long[] values = new long[1024];
        private int size;

        void add(String text) {
            Words words = Words.of(text);
            for (int from = 0; from + WORDS <= words.count(); from++) {
                if (size == values.length) {
                    values = Arrays.copyOf(values, size * 2);
                }
                values[size++] = words.hash(from, WORDS);
            }
        }

        long[] sorted() {
            return Arrays.stream(values, 0, size).sorted().distinct().toArray();
        }
    }
}
