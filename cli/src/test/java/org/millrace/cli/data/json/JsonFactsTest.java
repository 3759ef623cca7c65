package org.millrace.cli.data.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cli.Failure;
import org.millrace.cli.data.Fact;

class JsonFactsTest {

    private static final String KEPT = """
            {"source":"a.html","verdict":"kept","rule":null,"title":"T","text":"## Head\\n\\nzwölf Wörter","body":"b",\
            "language":"de","licence":"https://creativecommons.org/licenses/by/4.0/","quality_score":0.25,"author":"","date":"2024-05-01"}
            """;
    private static final String DROPPED = """
            {"source":"b.html","verdict":"dropped","rule":"too-short","value":"3 words","threshold":"at least 30 words",\
            "title":"","text":"Nothing much here.","body":"","language":""}
            """;

    @TempDir
    Path folder;

    @Test
    void oneObjectALineIsOneFact() throws IOException {
        Path file = Files.writeString(folder.resolve("out.jsonl"), KEPT + "\n" + DROPPED);

        assertThat(read(file.toString()))
                .containsExactly(
                        new Fact.Kept(
                                "",
                                "a.html",
                                "de",
                                "https://creativecommons.org/licenses/by/4.0/",
                                true,
                                false,
                                true,
                                23,
                                21,
                                4,
                                0.25,
                                null),
                        new Fact.Dropped(
                                "b.html",
                                "too-short",
                                "3 words",
                                "at least 30 words",
                                "Nothing much here.",
                                "",
                                18,
                                ""));
    }

    @Test
    void aFolderIsReadWholeAlsoWhatIsCompressed() throws IOException {
        Files.writeString(folder.resolve("a.json"), KEPT);
        Files.writeString(folder.resolve("notes.txt"), "no facts");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("b.jsonl.gz")))) {
            out.write(DROPPED.getBytes(StandardCharsets.UTF_8));
        }

        assertThat(read(folder.toString())).hasSize(2);
    }

    @Test
    void whatIsNoPageIsCounted() throws IOException {
        Path file = Files.writeString(
                folder.resolve("out.jsonl"),
                KEPT + "{\"verdict\":\"kept\"\n[]\n17\n{\"verdict\":\"maybe\"}\n\n" + DROPPED);
        Files.writeString(
                file,
                "{\"source\":\"c\",\"verdict\":\"error\",\"error\":\"no such file\"}\n",
                StandardOpenOption.APPEND);
        JsonFacts facts = JsonFacts.at(file.toString());
        List<Fact> found = new ArrayList<>();

        facts.read(found::add);

        assertThat(found).hasSize(2);
        assertThat(facts.unreadable()).isEqualTo(4);
        assertThat(facts.errors()).isEqualTo(1);
    }

    @Test
    void aPlaceWithoutFactsIsNamed() {
        assertThatThrownBy(() -> JsonFacts.at(folder.resolve("nowhere").toString()))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> JsonFacts.at(folder.toString()))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("got none");
    }

    private static List<Fact> read(String place) throws IOException {
        List<Fact> found = new ArrayList<>();
        JsonFacts.at(place).read(found::add);
        return found;
    }
}
