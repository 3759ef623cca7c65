package org.millrace.cleaner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;

class ContaminatedPageTest {

    private static final String TEXT =
            CountryPage.text("France", List.of("Paris", "Europe", "euro", "French", "Spain", "onion soup"), 3, 1);

    private static final Page PAGE = new Page(
            "https://example.org/france",
            "text/html; charset=utf-8",
            CountryPage.html("France", TEXT).getBytes(StandardCharsets.UTF_8));

    @TempDir
    Path folder;

    @Test
    void aPageThatGivesAnExaminationAwayIsDropped() throws IOException {
        Path exam = Files.writeString(
                folder.resolve("exam.txt"), TEXT.lines().findFirst().orElseThrow());
        Path other = Files.writeString(
                folder.resolve("other.txt"), "nothing of this is on that page at all, not even a row of twelve");

        assertThat(StandardCleaner.with(Map.of("evaluation-sets", other + "," + exam))
                        .judge(PAGE))
                .isInstanceOfSatisfying(Dropped.class, dropped -> {
                    assertThat(dropped.breach().rule()).isEqualTo("contaminated");
                    assertThat(dropped.breach().value()).startsWith("exam: ");
                });
        assertThat(StandardCleaner.with(Map.of("evaluation-sets", other.toString()))
                        .judge(PAGE))
                .isInstanceOf(Kept.class);
    }
}
