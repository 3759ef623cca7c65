package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Role;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.shards.Shard;

class TokenizeCommandTest {

    private static final Tokenizer TOKENIZER =
            BpeTrainer.train(List.of("the mill turns the race, the race turns the mill ".repeat(9)), 320, merges -> {});

    @TempDir
    Path dir;

    private String tokenizer = "";

    private record Result(int code, byte[] bytes, String err) {

        String out() {
            return new String(bytes, UTF_8);
        }
    }

    @BeforeEach
    void write() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("tokenizer"));
        TOKENIZER.write(folder);
        tokenizer = folder.toString();
    }

    @Test
    void aTokenizerIsLearnedFromFilesOfEachKind() throws IOException {
        Path corpus = Files.createDirectory(dir.resolve("corpus"));
        Files.writeString(corpus.resolve("a.txt"), "the mill the mill the mill");
        Files.writeString(corpus.resolve("b.jsonl"), """
                {"text": "the race the race"}

                {"verdict": "kept", "text": "the mill"}
                {"verdict": "dropped", "text": "buy now"}
                {"verdict": "error"}
                """);
        Path out = dir.resolve("learned");

        Result result = run("", "train", corpus.toString(), "--out", out.toString(), "--vocabulary", "300");

        assertThat(result.code).isZero();
        assertThat(result.err).contains("3 documents, 51 bytes").contains("tokenizer.json: ");
        assertThat(Tokenizer.read(out.resolve("tokenizer.json")).encode(" mill"))
                .hasSize(1);
    }

    @Test
    void whatIsEncodedIsDecodedWhateverTheBytes() {
        byte[] text = {'m', 'i', 'l', 'l', (byte) 0xFF, 0, (byte) 0xE4, '\n'};
        Result ids = run(text, "encode", "--tokenizer", tokenizer, "-");
        Result back = run(ids.bytes, "decode", "--tokenizer", tokenizer, "-");

        assertThat(ids.out()).matches("(\\d+ )+\\d+\n");
        assertThat(back.bytes).isEqualTo(text);
    }

    @Test
    void idsAndBytesAreCounted() throws IOException {
        Path file = Files.writeString(dir.resolve("a.txt"), "the mill");

        Result result = run("", "encode", "--count", "--tokenizer", tokenizer, file.toString());

        int ids = TOKENIZER.encode("the mill").length;
        assertThat(result.out()).startsWith("1 documents, 8 bytes, " + ids + " ids, ");
    }

    @Test
    void aSplitIsShownInBracketsOrColours() {
        String text = "the mill é\n";

        Result plain = run(text, "inspect", "--tokenizer", tokenizer, "-");
        Result coloured = run(text, "inspect", "--color", "--tokenizer", tokenizer, "-");
        Result lines = run(text, "inspect", "--ids", "--tokenizer", tokenizer, "-");

        assertThat(plain.out()).contains("[ mill]").contains("[<C3>][<A9>]").doesNotContain("\u001b");
        assertThat(plain.out()).endsWith(TOKENIZER.encode(text).length + " ids, 12 bytes\n");
        assertThat(coloured.out()).contains("\u001b[").contains(" mill").contains("↵");
        assertThat(lines.out()).contains("20 6d 69 6c 6c").hasLineCount(TOKENIZER.encode(text).length + 1);
    }

    @Test
    void documentsAndConversationsBecomeAFolderToTrainFrom() throws IOException {
        Files.writeString(dir.resolve("page.txt"), "the mill turns the race");
        Files.writeString(dir.resolve("chats.jsonl"), """
                {"messages": [{"role": "user", "content": "the race?"}, {"role": "assistant", "content": "the mill"}]}
                {"text": "the race turns the mill"}
                {"dataset": "sums", "id": "one", "messages": [{"role": "user", "content": "mill"},
                 {"role": "tool_call", "content": "1+1"}, {"role": "tool_output", "content": "2"},
                 {"role": "assistant", "content": "the"}]}
                """.replace(",\n ", ", "));
        Path out = dir.resolve("made/shards");

        Result result = run(
                "",
                "shards",
                dir.resolve("page.txt").toString(),
                dir.resolve("chats.jsonl").toString(),
                "--tokenizer",
                tokenizer,
                "--out",
                out.toString(),
                "--validation-share",
                "0");

        assertThat(result.err).contains("2 documents, 2 conversations, ", " in 3 shards");
        assertThat(result.code).isZero();
        assertThat(out.resolve("tokenizer.json")).hasSameBinaryContentAs(Path.of(tokenizer, "tokenizer.json"));
        try (Shard pages = Shard.open(out.resolve("documents-00000"));
                Shard sums = Shard.open(out.resolve("conversations-sums-00000"));
                Shard chats = Shard.open(out.resolve("conversations-chat-00000"))) {
            assertThat(List.of(TOKENIZER.decode(pages.tokens(0)), TOKENIZER.decode(pages.tokens(1))))
                    .containsExactlyInAnyOrder("the mill turns the race", "the race turns the mill");
            assertThat(pages.isMasked()).isFalse();
            assertThat(sums.id(0)).isEqualTo("one");
            assertThat(sums.tokens(0))
                    .containsExactly(Chat.render(
                                    TOKENIZER,
                                    List.of(
                                            new Turn(Role.USER, "mill"),
                                            new Turn(Role.TOOL_CALL, "1+1"),
                                            new Turn(Role.TOOL_OUTPUT, "2"),
                                            new Turn(Role.ASSISTANT, "the")))
                            .ids());
            assertThat(chats.isMasked()).isTrue();
        }
        try (Stream<Path> left = Files.list(dir.resolve("made"))) {
            assertThat(left).containsExactly(out);
        }
    }

    @Test
    void aFolderOfShardsIsMadeWholeOrNotAtAll() throws IOException {
        Path out = dir.resolve("shards");
        Path bad = Files.writeString(dir.resolve("bad.jsonl"), """
                {"text": "the mill"}
                {"messages": [{"role": "user", "content": "mill"}, {"role": "robot", "content": "x"}]}
                """);
        Path turns = Files.writeString(
                dir.resolve("turns.jsonl"), "{\"messages\": [{\"role\": \"assistant\", \"content\": \"mill\"}]}");
        Path empty = Files.writeString(dir.resolve("empty.txt"), "");

        for (Path file : List.of(bad, turns, empty)) {
            Result result = run("", "shards", file.toString(), "--tokenizer", tokenizer, "--out", out.toString());
            assertThat(result.code).isEqualTo(1);
            assertThat(result.err)
                    .containsAnyOf(
                            "bad.jsonl: line 2: messages[1].role: expected system, user, assistant, tool_call or tool_output, got \"robot\"",
                            "turns.jsonl: line 1: turns[0].role: expected USER, got ASSISTANT",
                            "empty.txt: expected at least 1 document or conversation, got none");
        }
        Result there = run("", "shards", bad.toString(), "--tokenizer", tokenizer, "--out", tokenizer);
        assertThat(there.err).contains("expected a folder that is not there yet");
        try (Stream<Path> left = Files.list(dir)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("tokenizer", "bad.jsonl", "turns.jsonl", "empty.txt");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            train x --out y --vocabulary 264        | 2 | --vocabulary: expected 265 (256 bytes, 9 special tokens) to 200,000, got 264
            train x --out y --max-megabytes 0       | 2 | --max-megabytes: expected 1 to 100,000, got 0
            train x --out y --pattern GPT5          | 2 | GPT5
            train missing.txt --out y               | 1 | missing.txt: no such file
            encode --tokenizer missing.json -       | 1 | missing.json: no such file
            encode -                                | 2 | --tokenizer
            frobnicate                              | 2 | frobnicate
            """)
    void wrongUsageSaysWhatWasExpected(String arguments, int code, String message) {
        Result result = run("", arguments.split(" "));

        assertThat(result.code).isEqualTo(code);
        assertThat(result.err).contains(message);
    }

    @Test
    void nothingToDoIsWrongUsage() {
        assertThat(run("").err).contains("expected one of train, encode, decode, inspect and shards");
    }

    @Test
    void halfACharacterInJsonIsWhatItIsInText() throws IOException {
        Path file = Files.writeString(dir.resolve("a.jsonl"), "{\"text\": \"a\\ud800b é\"}\n");

        Result ids = run("", "encode", "--tokenizer", tokenizer, file.toString());

        assertThat(run(ids.bytes, "decode", "--tokenizer", tokenizer, "-").out())
                .isEqualTo("a\uFFFDb é");
    }

    @Test
    void filesThatCannotBeUsedAreNamedAndSayWhy() throws IOException {
        Path latin = Files.write(dir.resolve("a.jsonl"), "{\"text\": \"a\"}\n{\"text\": \"é\"}\n".getBytes(ISO_8859_1));
        Path noGzip = Files.writeString(dir.resolve("b.txt.gz"), "no gzip");
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream whole = new GZIPOutputStream(gzip)) {
            whole.write("the mill".repeat(99).getBytes(UTF_8));
        }
        Path cut = Files.write(dir.resolve("c.txt.gz"), Arrays.copyOf(gzip.toByteArray(), 20));

        assertThat(run("", "encode", "--tokenizer", tokenizer, latin.toString()).err)
                .contains("a.jsonl: line 2: expected UTF-8, got other bytes");
        assertThat(run("", "encode", "--tokenizer", tokenizer, noGzip.toString()).err)
                .contains("b.txt.gz: expected a whole gzip file");
        assertThat(run("", "encode", "--tokenizer", tokenizer, cut.toString()).err)
                .contains("c.txt.gz: expected a whole gzip file");
        assertThat(run("", "train", latin.toString(), "--out", noGzip.toString()).err)
                .contains("b.txt.gz: expected a folder, got a file");
    }

    @Test
    void nothingIsLearnedFromNothingAndWhatIsLeftOutIsTold() throws IOException {
        Path corpus = Files.createDirectory(dir.resolve("corpus"));
        String out = dir.resolve("learned").toString();
        Files.createFile(corpus.resolve("a.txt"));

        assertThat(run("", "train", corpus.toString(), "--out", out).err)
                .contains("corpus: expected at least 1 document of at most 2,000 megabytes, got none");

        Files.writeString(corpus.resolve("b.txt"), "the mill the mill");
        Files.write(corpus.resolve("c.txt"), new byte[1_000_000]);
        assertThat(run("", "train", corpus.toString(), "--out", out, "--max-megabytes", "1").err)
                .contains("1 documents, 17 bytes")
                .contains("1,000,000 bytes are left out: --max-megabytes is 1");
    }

    @Test
    void linesThatAreNoDocumentsAndIdsThatAreNoneAreNamed() throws IOException {
        Path file = Files.writeString(dir.resolve("a.jsonl"), "{\"text\": \"a\"}\n{\"body\": \"b\"}\n");
        Path broken = Files.writeString(dir.resolve("b.jsonl"), "{\"text\": \n");

        assertThat(run("", "encode", "--tokenizer", tokenizer, file.toString()).err)
                .contains("a.jsonl: line 2: text: expected a text, got none");
        assertThat(run("", "encode", "--tokenizer", tokenizer, broken.toString()).err)
                .contains("b.jsonl: line 1: expected a JSON object");
        assertThat(run("1 320 2", "decode", "--tokenizer", tokenizer, "-").err)
                .contains("ids[1]: expected 0 to 279, got \"320\"");
        assertThat(run("1 x", "decode", "--tokenizer", tokenizer, "-").err)
                .contains("ids[1]: expected 0 to 279, got \"x\"");
    }

    private static Result run(String in, String... args) {
        return run(in.getBytes(UTF_8), args);
    }

    /// Errors go to the process's own, as people see them.
    private static Result run(byte[] in, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true, UTF_8));
        try {
            int code = TokenizeCommand.execute(
                    new TokenizeCommand.Console(new ByteArrayInputStream(in), out, false), args);
            return new Result(code, out.toByteArray(), err.toString(UTF_8));
        } finally {
            System.setErr(before);
        }
    }
}
