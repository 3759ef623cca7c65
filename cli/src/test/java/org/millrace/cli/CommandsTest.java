package org.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// What a user sees when something is in the way: one sentence and a code that is not zero.
class CommandsTest {

    @TempDir
    Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream err = System.err;
    private final PrintStream out = System.out;

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setErr(err);
        System.setOut(out);
    }

    @Test
    void helpNamesEveryCommandAndTheFirstStep() {
        int code = Millrace.execute("--help");

        assertThat(code).isZero();
        assertThat(text())
                .contains(
                        "up",
                        "down",
                        "status",
                        "demo",
                        "chat",
                        "crawl",
                        "clean",
                        "eval",
                        "train",
                        "bench",
                        "topics",
                        "./millrace demo");
    }

    @Test
    void anUnknownCommandIsWrongUsage() {
        assertThat(Millrace.execute("grind")).isEqualTo(2);
    }

    @Test
    void benchWithoutANameListsWhatCanBeMeasured() {
        assertThat(Millrace.execute("bench")).isZero();
        assertThat(text()).contains("infer", "tokens a second");
    }

    @Test
    void weightsThatThereAreNotOrThatASystemDecidesAreWrongUsage() {
        assertThat(Millrace.execute("eval", "--model", "demo", "--task", "x", "--weights", "int3"))
                .isEqualTo(2);
        assertThat(text()).contains("--weights: expected fp32, fp16, int8 or int4, got \"int3\"");
        assertThat(Millrace.execute("eval", "--model", "demo", "--task", "x", "--weights", "int4"))
                .isEqualTo(2);
        assertThat(text()).contains("--weights: expected a folder as --model", "got \"demo\"");
    }

    @Test
    void optionsWithoutABenchAreWrongUsage() {
        assertThat(Millrace.execute("bench", "--documents")).isEqualTo(2);
        assertThat(text()).contains("bench without a name: expected no further options, got \"--documents\"");
    }

    @Test
    void anUnknownBenchIsWrongUsageAndNamesThoseThereAre() {
        assertThat(Millrace.execute("bench", "grinding")).isEqualTo(2);
        assertThat(text()).contains(", infer, tokenize, train], got \"grinding\"");
    }

    @Test
    void aMeasurementOfNoTimeIsWrongUsage() {
        assertThat(Millrace.execute("bench", "infer", "--seconds", "0")).isEqualTo(2);
        assertThat(text()).contains("--seconds: expected 1 to 600, got 0");
    }

    @Test
    void statusOfNothingSaysHowToStart() {
        int code = Millrace.execute("status", "--state", folder.toString());

        assertThat(code).isEqualTo(1);
        assertThat(text()).contains("Nothing is up").contains("./millrace up");
    }

    @Test
    void downOfNothingIsNoFailure() {
        assertThat(Millrace.execute("down", "--state", folder.toString())).isZero();
    }

    @ParameterizedTest
    @CsvSource({"--memory, true", "--no-memory, false", "--model=x, true"})
    void aChatRemembersUnlessItIsToldNotTo(String option, boolean remembers) {
        var chat = new CommandLine(new ChatCommand());

        chat.parseArgs(option);

        assertThat(chat.getCommandSpec().findOption("--memory").<Boolean>getValue())
                .isEqualTo(remembers);
    }

    @Test
    void howAChatDrawsIsCheckedBeforeAnythingIsAsked() {
        assertThat(Millrace.execute("chat", "--top-p", "2")).isEqualTo(2);
        assertThat(text()).contains("--top-p: expected 0 to 1, got \"2\"");
        assertThat(Millrace.execute("chat", "--max-tokens", "many")).isEqualTo(2);
        assertThat(text()).contains("--max-tokens: expected a whole number from 0 on, got \"many\"");
    }

    @Test
    void chatWithNothingUpSaysHowToStart() {
        int code = Millrace.execute("chat", "--state", folder.toString());

        assertThat(code).isEqualTo(1);
        assertThat(text()).contains("Nothing is up").doesNotContain("\tat ");
    }

    @Test
    void anEvaluationOfNothingSaysWhatIsExpected() throws IOException {
        Path task = Files.writeString(folder.resolve("quiz.jsonl"), "{\"text\":\"a\"}");
        String[] asked = {"eval", "--model", "nobody", "--task", task.toString(), "--state", folder.toString()};

        assertThat(Millrace.execute(asked)).isEqualTo(1);
        assertThat(text())
                .contains("--model: expected a folder, or a model of a system that is up, got \"nobody\"")
                .doesNotContain("\tat ");
        assertThat(Millrace.execute("eval", "--model", "x", "--task", task.toString(), "--bins", "1"))
                .isEqualTo(2);
        assertThat(text()).contains("--bins: expected 2 to 100, got 1");
        assertThat(Millrace.execute("eval", "--model", "x", "--task", task.toString(), "--task", task.toString()))
                .isEqualTo(1);
        assertThat(text()).contains("--task: expected tasks of different names, got \"quiz\" twice");
    }

    @Test
    void aSecondSupervisorOnTheSameStateIsRefused() throws IOException, InterruptedException {
        try (FileChannel file =
                        FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = file.lock()) {
            assertThat(lock.isValid()).isTrue();

            // The lock is this JVM's own, which is an OverlappingFileLockException inside one JVM, so ask
            // as another process would.
            Process second = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Millrace.class.getName(),
                            "supervise",
                            "--free-ports",
                            "--state",
                            folder.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(said).contains("already up").doesNotContain("\tat ");
            assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isEqualTo(1);
        }
    }

    @Test
    void aPortInUseIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int code = Millrace.execute("broker", "--data", folder.toString(), "--port", "" + taken.getLocalPort());

            assertThat(code).isEqualTo(1);
            assertThat(text()).contains(Integer.toString(taken.getLocalPort())).doesNotContain("\tat ");
        }
    }

    @Test
    void aWorldThatIsNotThereIsNamed() {
        int code = Millrace.execute("demo", "--world", folder.resolve("nowhere").toString());

        assertThat(code).isEqualTo(1);
        assertThat(text()).contains("--world").contains("nowhere");
    }

    @Test
    void aSeedThatIsNoUrlIsNamed() throws IOException {
        Path world = Files.createDirectory(folder.resolve("world"));

        int code = Millrace.execute("demo", "--world", world.toString(), "--seeds", "not a url");

        assertThat(code).isNotZero();
        assertThat(text()).contains("not a url");
    }

    private String text() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
