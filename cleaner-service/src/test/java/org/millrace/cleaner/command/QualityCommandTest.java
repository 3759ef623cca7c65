package org.millrace.cleaner.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.StandardCleaner;
import org.millrace.cleaner.Verdict;

class QualityCommandTest {

    private static final String PROSE = "The miller opens the gate, and the water turns the wheel. He grinds wheat for"
            + " the bakers of the town. Barley is ground for the farmers who live beyond the hill. In winter the"
            + " pond is frozen. Then the wheel stands still, and his children skate.";

    @TempDir
    Path folder;

    private Path model() {
        return folder.resolve("quality.model");
    }

    private int train(List<String> lines) throws IOException {
        Path in = Files.write(folder.resolve("labelled.txt"), lines);
        return QualityCommand.execute("--in", in.toString(), "--out", model().toString(), "--epochs", "3");
    }

    private static List<String> examples() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            lines.add("{\"text\": \"The miller number %d grinds wheat for the town.\", \"label\": 1}".formatted(i));
            lines.add("bad\tClick number %d and win a prize now!".formatted(i));
            lines.add("");
        }
        return lines;
    }

    @Test
    void labelledLinesBecomeAModelThatTheCleanerUses() throws IOException {
        assertThat(train(examples())).isZero();

        assertThat(judge(Map.of("quality.model", model().toString())))
                .isInstanceOfSatisfying(Verdict.Kept.class, kept -> assertThat(
                                kept.document().qualityScore().orElseThrow())
                        .isGreaterThan(0.5));
        assertThat(judge(Map.of())).isInstanceOfSatisfying(Verdict.Kept.class, kept -> assertThat(
                        kept.document().qualityScore())
                .isEmpty());
        assertThat(judge(Map.of("quality.model", model().toString(), "quality.minimum-score", "1")))
                .isInstanceOfSatisfying(
                        Verdict.Dropped.class,
                        dropped -> assertThat(dropped.breach().rule()).isEqualTo("quality"));
    }

    private static Verdict judge(Map<String, String> settings) {
        return StandardCleaner.with(settings)
                .judge(new Page(
                        "https://example.org/", "text/plain", PROSE.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no label here",
                "2\tlabel above one",
                "nice\tlabel of another kind",
                "{\"text\": 1, \"label\": 1}",
                "{\"text\": \"no label\"}",
                "{\"text\": \"open"
            })
    void aLineThatCannotBeReadEndsIt(String line) throws IOException {
        List<String> lines = examples();
        lines.add(line);

        assertThat(train(lines)).isEqualTo(1);
        assertThat(model()).doesNotExist();
    }

    @Test
    void wrongUsageIsTold() {
        assertThat(QualityCommand.execute("--in", "x")).isEqualTo(2);
        assertThat(QualityCommand.execute("--in", "x", "--out", "y", "--epochs", "0"))
                .isEqualTo(2);
        assertThat(QualityCommand.execute("--in", folder.resolve("none").toString(), "--out", "y"))
                .isEqualTo(1);
    }
}
