package org.millrace.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.proto.events.v1.Message;

class PipedTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private FakeModel model;

    @BeforeEach
    void start() throws IOException {
        model = new FakeModel();
    }

    @AfterEach
    void stop() {
        model.close();
    }

    @Test
    void answersAloneAreOnTheOutputAndTheLastLineNeedsNoEnd() throws InterruptedException {
        boolean all = chat("größe\\?\n\n/max-tokens 9\n\tWhat!?");

        assertThat(all).isTrue();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualToNormalizingNewlines("\uFFFD]0;GRÖSSE\\?\n\uFFFD]0;WHAT!?\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("(max-tokens 9)\n");
    }

    @Test
    void aQuestionThatFailedIsToldBesideTheOutputAndInTheEnd() throws InterruptedException {
        boolean all = chat("unwell?\nwell?\n");

        assertThat(all).isFalse();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("un\n\uFFFD]0;WELL?\n");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualToNormalizingNewlines("(INTERNAL: an \uFFFD[31merror)\n");
    }

    @Test
    void linesBetweenQuotesAreOneQuestion() throws InterruptedException {
        chat("\"\"\"\n/a\n\n  b\n\"\"\"\nc\n");

        assertThat(model.asked.remove()).extracting(Message::getContent).containsExactly("/a\n\n  b");
        assertThat(model.asked.remove()).extracting(Message::getContent).endsWith("c");
    }

    @Test
    void quotesThatDoNotEndAreAFailure() throws InterruptedException {
        assertThat(chat("\"\"\"\na")).isFalse();
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("has no \"\"\" at its end");
        assertThat(model.asked).isEmpty();
    }

    @Test
    void anAnswerThatWasCutOffSaysWhatCutIt() throws InterruptedException {
        chat("cut?\n/max-tokens 1\ncut?\n");

        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "(cut off at 1 tokens: the model's context is full)",
                        "(max-tokens 1)",
                        "(cut off at 1 tokens; /max-tokens)");
    }

    @Test
    void whereTheModelHasNoRoomTheOldestIsLeftOut() throws InterruptedException {
        chat("a?\nb?\nlong?\n");

        assertThat(model.asked).hasSize(5);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "(the model has no room for all that was said: the oldest is left out from here on)",
                        "(NOT_FOUND: model: expected one that is served)");
    }

    @Test
    void theLastQuestionIsAskedAgainWithoutItsAnswer() throws InterruptedException {
        chat("/regenerate\na?\nb?\n/regenerate\n/exit\nc?\n");

        assertThat(model.asked).hasSize(3);
        assertThat(model.asked.stream().skip(1).distinct()).hasSize(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("(nothing was asked)\n");
    }

    private boolean chat(String written) throws InterruptedException {
        var in = new ByteArrayInputStream(written.getBytes(StandardCharsets.UTF_8));
        return new Dialogue(
                        new Session("", new Drawing(), true),
                        model.answers(),
                        new Piped(in, new PrintStream(out), new PrintStream(err)))
                .hold();
    }
}
