package org.millrace.cleaner.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.millrace.cleaner.Page;

/// A page written by hand for one habit of the web, and the body that a reader would copy out of
/// it.
///
/// ```text
///   === name
///   markup, with holes for [Prose]
///   --- body
///   the words expected, without the title
/// ```
///
/// @param html with its holes filled
/// @param body words only; line breaks mean nothing
record Layout(String name, String html, String body) {

    private static final Path FOLDER = Path.of("src/test/resources/layouts");
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}\\p{M}_]+");
    private static final int SHINGLE_WORDS = 4;

    static List<Layout> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().flatMap(file -> read(file).stream()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Layout> read(Path file) {
        try {
            List<Layout> layouts = new ArrayList<>();
            for (String part : Files.readString(file).split("(?m)^=== ")) {
                if (!part.isBlank()) {
                    String[] halves = part.split("(?m)^--- body\n", 2);
                    String[] head = halves[0].split("\n", 2);
                    layouts.add(new Layout(
                            head[0].strip(),
                            Prose.fill(head[1]),
                            Prose.fill(halves[1]).strip()));
                }
            }
            return layouts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Article article() {
        Page page = new Page(
                "https://example.org/" + name, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
        return switch (PageReader.read(page)) {
            case PageReader.Read(var article) -> article;
            case PageReader.Refused(var breach) -> throw new AssertionError(name + " was refused: " + breach);
        };
    }

    double f1() {
        return f1(body, article().body());
    }

    /// As article benchmarks measure: harmonic mean of precision and recall over shingles of four
    /// words. A text of fewer words is one shingle; characters of scripts without spaces are words.
    static double f1(String expected, String read) {
        Map<String, Integer> wanted = shingles(expected);
        Map<String, Integer> found = shingles(read);
        int common = 0;
        for (var entry : wanted.entrySet()) {
            common += Math.min(entry.getValue(), found.getOrDefault(entry.getKey(), 0));
        }
        int total = sum(wanted) + sum(found);
        return total == 0 ? 1 : 2.0 * common / total;
    }

    private static Map<String, Integer> shingles(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            String word = matcher.group();
            if (Words.isUnspaced(word.charAt(0))) {
                word.chars().forEach(c -> words.add(Character.toString(c)));
            } else {
                words.add(word);
            }
        }
        Map<String, Integer> shingles = new HashMap<>();
        int last = Math.max(words.isEmpty() ? -1 : 0, words.size() - SHINGLE_WORDS);
        for (int i = 0; i <= last; i++) {
            shingles.merge(
                    String.join(" ", words.subList(i, Math.min(words.size(), i + SHINGLE_WORDS))), 1, Integer::sum);
        }
        return shingles;
    }

    private static int sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
