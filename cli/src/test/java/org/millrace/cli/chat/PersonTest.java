package org.millrace.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.proto.events.v1.Message;

/// A person at a terminal that knows nothing but characters, and makes a signal of Ctrl-C as others do.
class PersonTest {

    private static final String CTRL_C = "\u0003";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private final PipedOutputStream keys = new PipedOutputStream();
    private FakeModel model;
    private FutureTask<Boolean> chat;

    @BeforeEach
    void start() throws IOException {
        model = new FakeModel();
        var input = new PipedInputStream(keys);
        chat = new FutureTask<>(() -> {
            try (Terminal terminal = new ExternalTerminal("test", "ansi", input, screen, StandardCharsets.UTF_8)) {
                Person person = new Person(terminal, folder.resolve("history"));
                return new Dialogue(new Session("", new Drawing(), true), model.answers(), person).hold();
            }
        });
        Thread.ofPlatform().daemon().start(chat);
        shows("you: ");
    }

    @AfterEach
    void stop() throws IOException {
        keys.close();
        model.close();
    }

    @Test
    void aLineIsSentAsItWasTyped() throws Exception {
        type("a\\b\n");
        shows("A\\B");
        type("What!?\n");
        shows("WHAT!?");
        type("^a^b !! 'it \"\n");
        shows("^A^B !! 'IT \"");
        type("/exit\n");

        assertThat(chat.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(model.asked)
                .extracting(messages -> messages.getLast().getContent())
                .containsExactly("a\\b", "What!?", "^a^b !! 'it \"");
        assertThat(screen.toString(StandardCharsets.UTF_8))
                .contains("model: \uFFFD]0;A\\B   \u001B[2m[version 3 · 2 tokens · ");
        assertThat(screen.toString(StandardCharsets.UTF_8)).containsPattern("[0-9] tokens/s]\\e\\[0?m\\R");
    }

    @Test
    void anAnswerThatIsStoppedStandsAsFarAsItCame() throws Exception {
        type("for ever?\n");
        shows("model: for ");
        type(CTRL_C);
        shows("(stopped)");
        type("why?\n");
        shows("WHY?");

        assertThat(model.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(model.asked).last().satisfies(messages -> assertThat(messages)
                .extracting(Message::getContent)
                .containsExactly("for ever?", "for ", "why?"));
    }

    @Test
    void anAnswerThatFailedStandsAsFarAsItCame() throws Exception {
        type("unwell?\n");
        shows("(INTERNAL: an \uFFFD[31merror)");
        type("why?\n");
        shows("WHY?");

        assertThat(model.asked).last().satisfies(messages -> assertThat(messages)
                .extracting(Message::getContent)
                .containsExactly("unwell?", "un", "why?"));
    }

    @Test
    void ctrlCClearsTheLineAndTwiceInAnEmptyOneLeaves() throws Exception {
        type("never mind");
        shows("never mind");
        type(CTRL_C);
        prompts(2);
        type("\"\"\"\nnor this");
        shows("nor this");
        type(CTRL_C);
        prompts(3);
        type(CTRL_C);
        shows("(Ctrl-C again leaves, and so does Ctrl-D)");
        prompts(4);
        type("but this\n");
        shows("BUT THIS");
        prompts(5);
        type(CTRL_C);
        prompts(6);
        type(CTRL_C);

        assertThat(chat)
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(InterruptedException.class);
        assertThat(model.asked).hasSize(1);
    }

    @Test
    void ctrlDLeaves() throws Exception {
        type("\u0004");

        assertThat(chat.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void linesAreKeptForTheNextTimeAndForNobodyElse() throws Exception {
        type("/system a\\b: c\n");
        shows("(system prompt set)");

        Path history = folder.resolve("history");
        assertThat(history).content().isEqualTo("/system a\\\\b: c\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(history)))
                .isEqualTo("rw-------");
    }

    /// As inference-service says it.
    @Test
    void aPromptThatIsTooLongIsKnown() {
        String description = "prompt: expected at most 127 tokens for a context of 128, got 130";

        assertThat(Dialogue.isTooLong(Status.INVALID_ARGUMENT.withDescription(description)))
                .isTrue();
        assertThat(Dialogue.isTooLong(Status.INVALID_ARGUMENT.withDescription("text: expected")))
                .isFalse();
        assertThat(Dialogue.isTooLong(Status.INTERNAL.withDescription(description)))
                .isFalse();
    }

    private void type(String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    private void prompts(int times) {
        await().untilAsserted(
                        () -> assertThat(screen.toString(StandardCharsets.UTF_8).split("you: ", -1))
                                .hasSize(times + 1));
    }

    private void shows(String text) {
        await().untilAsserted(() ->
                assertThat(screen.toString(StandardCharsets.UTF_8)).contains(text));
    }
}
