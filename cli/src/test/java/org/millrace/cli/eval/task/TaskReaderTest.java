package org.millrace.cli.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.cli.Failure;
import org.millrace.cli.eval.task.Item.Choice;
import org.millrace.cli.eval.task.Item.Cloze;
import org.millrace.cli.eval.task.Item.Document;
import org.millrace.cli.eval.task.Item.Option;
import org.millrace.cli.eval.task.Item.Pair;
import org.millrace.cli.eval.task.Item.Question;

class TaskReaderTest {

    @TempDir
    Path temp;

    private Task read(String... lines) throws IOException {
        Path file = temp.resolve("quiz.jsonl");
        Files.writeString(file, String.join("\n", lines));
        return TaskReader.read(file);
    }

    @Test
    void theFirstItemTellsTheKind() throws IOException {
        assertThat(read("{\"text\":\"a b\",\"url\":\"passed over\"}").items()).containsExactly(new Document("a b"));
        assertThat(read("{\"query\":\"q\",\"choices\":[\"x\",\"y\"],\"gold\":1}")
                        .items())
                .containsExactly(new Choice(List.of(new Option("q", "x"), new Option("q", "y")), 1));
        assertThat(read("{\"context_options\":[\"a\",\"b\"],\"continuation\":\"c\",\"gold\":0}")
                        .items())
                .containsExactly(new Choice(List.of(new Option("a", "c"), new Option("b", "c")), 0));
        assertThat(read("{\"context\":\"a\",\"continuation\":\"b\"}").items()).containsExactly(new Cloze("a", "b"));
        assertThat(read("{\"query\":\"q\",\"answers\":[\"x\",\"y\"]}").items())
                .containsExactly(new Question("q", List.of("x", "y")));
        assertThat(read("{\"first\":\"he\",\"second\":\"she\"}").items()).containsExactly(new Pair("", "he", "she"));
    }

    @Test
    void withoutAHeaderAllIsPlain() throws IOException {
        Task task = read("", "{\"context\":\"a\",\"continuation\":\"b\"}", "");

        assertThat(task.name()).isEqualTo("quiz");
        assertThat(task.kind()).isEqualTo(Kind.CLOZE);
        assertThat(task.form()).isEqualTo(new Form(false, " ", "\n\n", 0, Form.By.SUM, 32, List.of("\n")));
        assertThat(task.asked()).isEqualTo(1);
    }

    @Test
    void aHeaderSaysHowItIsAsked() throws IOException {
        Task task = read(
                "{\"task\":\"exact\",\"name\":\"capitals\",\"format\":\"chat\",\"shots\":1,\"max_tokens\":8}",
                "{\"query\":\"q\",\"answers\":[\"x\"]}",
                "{\"query\":\"p\",\"answers\":[\"y\"]}");

        assertThat(task.name()).isEqualTo("capitals");
        assertThat(task.form()).isEqualTo(new Form(true, " ", "\n\n", 1, Form.By.SUM, 8, List.of()));
    }

    @Test
    void aTextIsOneDocumentAndTheHashIsTheFiles() throws IOException {
        Path file = temp.resolve("book.txt");
        Files.writeString(file, "abc");

        Task task = TaskReader.read(file);

        assertThat(task.kind()).isEqualTo(Kind.BITS_PER_BYTE);
        assertThat(task.items()).containsExactly(new Document("abc"));
        assertThat(task.sha256()).isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "{\"text\":\"a\"} x | 2: expected one JSON object, got ",
                "[1] | 2: expected one JSON object, got [1]",
                "{\"text\":\"a\",\"text\":\"b\"} | 2: expected one JSON object, got Duplicate field",
                "{\"other\":1} | 2: text: expected a text of at least one character, got nothing",
                "{\"text\":\"\"} | 2: text: expected a text of at least one character, got \"\"",
            })
    void aBadLineIsNamed(String line, String message) {
        assertThatThrownBy(() -> read("{\"text\":\"good\"}", line))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("quiz.jsonl:" + message);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "{\"x\":1} | 1: task: expected one of [bits_per_byte, choice, cloze, exact, bias] in the first line",
                "{\"task\":\"quiz\"} | 1: task: expected one of [bits_per_byte, choice, cloze, exact, bias], got \"quiz\"",
                "{\"task\":\"choice\",\"shot\":2} | 1: expected fields of [by, delimiter,",
                "{\"task\":\"choice\",\"shots\":\"2\"} | 1: shots: expected a whole number, 0 to 100, got \"2\"",
                "{\"task\":\"bias\",\"shots\":2} | 1: shots: expected a whole number, 0 to 0, got 2",
                "{\"task\":\"choice\",\"format\":\"html\"} | 1: format: expected \"text\" or \"chat\", got \"html\"",
                "{\"task\":\"bits_per_byte\",\"format\":\"chat\"} | 1: format: expected \"text\" for bits_per_byte",
                "{\"task\":\"choice\",\"by\":\"word\"} | 1: by: expected one of [sum, byte, token], got \"word\"",
                "{\"task\":\"exact\",\"stop\":[\"\"]} | 1: stop: expected texts of at least one character",
                "{\"choices\":[\"x\"],\"gold\":0} | 1: choices: expected an array of 2 to 64 texts, got [\"x\"]",
                "{\"choices\":[\"x\",\"y\"],\"gold\":2} | 1: gold: expected a whole number, 0 to 1, got 2",
                "{\"choices\":[\"x\",\"y\"]} | 1: gold: expected a whole number, 0 to 1, got nothing",
                "{\"query\":\"q\",\"answers\":[]} | 1: answers: expected an array of 1 to 1000 texts, got []",
                "{\"first\":\"a\",\"second\":\"a\"} | 1: second: expected another text than first, got \"a\"",
                "{\"task\":\"exact\"} | : expected at least one item, got none",
            })
    void aBadFirstLineIsNamed(String line, String message) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("quiz.jsonl" + (message.startsWith(":") ? "" : ":") + message);
    }

    @Test
    void whatIsNoTaskIsNamed() throws IOException {
        assertThatThrownBy(() -> TaskReader.read(temp.resolve("nowhere.jsonl")))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("--task: expected a file, got");
        Path latin = temp.resolve("latin.txt");
        Files.write(latin, "é".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> TaskReader.read(latin)).hasMessageContaining("latin.txt: expected UTF-8");
        assertThatThrownBy(() -> read("{\"task\":\"cloze\",\"format\":\"chat\"}", "{\"continuation\":\"a\"}"))
                .hasMessageContaining("quiz.jsonl:2: context: expected a text of at least one character, got nothing");
        assertThatThrownBy(() -> read("{\"task\":\"cloze\",\"shots\":1}", "{\"continuation\":\"a\"}"))
                .hasMessageContaining("shots: expected fewer than the 1 items of the file, got 1");
    }

    @Test
    void examplesAreOthersAndTheSameForASeed() throws IOException {
        String[] lines = new String[20];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = "{\"context\":\"c\",\"continuation\":\"%d\"}".formatted(i);
        }
        Task task = read(lines).with(5);

        Set<List<Item>> different = new HashSet<>();
        for (int i = 0; i < lines.length; i++) {
            List<Item> examples = task.examples(i, 1234);
            assertThat(examples)
                    .hasSize(5)
                    .doesNotHaveDuplicates()
                    .doesNotContain(task.items().get(i))
                    .isEqualTo(task.examples(i, 1234));
            different.add(examples);
        }
        assertThat(different).hasSizeGreaterThan(15);
        List<Item> items = task.items();
        Task sixteen = new Task("t", "", task.kind(), task.form(), items.subList(0, 16), 16).with(1);
        assertThat(IntStream.range(0, 16)
                        .mapToObj(i -> sixteen.examples(i, 1234).getFirst())
                        .distinct())
                .as("a number of two to the n, of which java.util.Random gives neighbouring seeds the same")
                .hasSizeGreaterThan(5);
        assertThat(task.with(19).examples(3, 1)).hasSize(19);
    }

    @Test
    void aLimitDrawsSomeWithTheSeed() throws IOException {
        String[] lines = new String[20];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = "{\"text\":\"%d\"}".formatted(i);
        }
        Task task = read(lines);

        assertThat(task.limited(20, 1)).isEqualTo(task);
        assertThat(task.limited(4, 1).asked()).isEqualTo(4);
        assertThat(task.limited(4, 1)).isEqualTo(task.limited(4, 1)).isNotEqualTo(task.limited(4, 2));
        assertThat(task.limited(4, 1).items()).containsExactlyInAnyOrderElementsOf(task.items());
    }
}
