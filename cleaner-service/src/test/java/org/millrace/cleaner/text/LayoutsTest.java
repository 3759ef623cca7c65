package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.cleaner.Page;

/// The extractor on pages written by hand, one layout each, against the text that a reader would
/// copy out. Measured as article benchmarks do: F1 over shingles of four words.
class LayoutsTest {

    private static final Path LAYOUTS = Path.of("src/test/resources/layouts");
    private static final int SHINGLE_WORDS = 4;

    static Stream<String> layouts() {
        try (Stream<Path> files = Files.list(LAYOUTS)) {
            List<String> names = files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(".html"))
                    .map(n -> n.substring(0, n.length() - ".html".length()))
                    .sorted()
                    .toList();
            return names.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void noLayoutIsReadBadly(String layout) throws IOException {
        String expected = expected(layout);
        String read = read(layout);

        assertThat(f1(expected, read)).describedAs(read).isGreaterThanOrEqualTo(0.9);
    }

    @Test
    void onAverageTheTextIsRead() throws IOException {
        List<String> names = layouts().toList();
        double sum = 0;
        for (String name : names) {
            sum += f1(expected(name), read(name));
        }

        assertThat(names).hasSizeGreaterThanOrEqualTo(12);
        assertThat(sum / names.size()).isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void theMeasureTellsGoodFromBad() {
        assertThat(f1("a b c d e f", "a b c d e f")).isEqualTo(1);
        assertThat(f1("a b c d e f", "u v w x y z")).isZero();
        assertThat(f1("a b c d e f g h", "a b c d e f g h 1 2 3 4 5")).isBetween(0.66, 0.67); // 5 of 10, 5 of 5
    }

    private static String expected(String layout) throws IOException {
        return Files.readString(LAYOUTS.resolve(layout + ".txt")).strip();
    }

    private static String read(String layout) throws IOException {
        byte[] body = Files.readAllBytes(LAYOUTS.resolve(layout + ".html"));
        PageReader.Reading reading = PageReader.read(new Page("https://example.org/" + layout, "text/html", body));
        assertThat(reading).isInstanceOf(PageReader.Read.class);
        return ((PageReader.Read) reading).article().text();
    }

    private static double f1(String expected, String read) {
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
        List<String> words = Arrays.asList(text.strip().split("\\s+"));
        Map<String, Integer> shingles = new HashMap<>();
        for (int i = 0; i + SHINGLE_WORDS <= words.size(); i++) {
            shingles.merge(String.join(" ", words.subList(i, i + SHINGLE_WORDS)), 1, Integer::sum);
        }
        return shingles;
    }

    private static int sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
