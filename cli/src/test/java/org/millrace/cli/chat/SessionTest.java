package org.millrace.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Message.Role;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;

class SessionTest {

    private final Session session = new Session("", new Drawing(), true);

    @Test
    void aQuestionIsSentWithWhatWasSaidBeforeItsCallsIncluded() {
        session.answered(
                "12*7?",
                answer(
                        message(Role.ROLE_ASSISTANT, "Let me see."),
                        message(Role.ROLE_TOOL_CALL, "12*7"),
                        message(Role.ROLE_TOOL_OUTPUT, "84"),
                        message(Role.ROLE_ASSISTANT, "84.")));

        GenerateRequest request = session.ask("why?");

        assertThat(request.getConversation().getMessagesList())
                .extracting(Message::getContent)
                .containsExactly("12*7?", "Let me see.", "12*7", "84", "84.", "why?");
        assertThat(session.command("/history"))
                .isEqualTo("you: 12*7?\nmodel: Let me see.\ncall: 12*7\nresult: 84\nmodel: 84.");
    }

    /// The server would refuse them: nobody could ask anything any more.
    @Test
    void answersThatCannotStandInAConversationAreForgotten() {
        session.answered("a?", answer());
        session.answered("b?", answer(message(Role.ROLE_TOOL_CALL, "1"), message(Role.ROLE_TOOL_OUTPUT, "1")));
        session.answered("b?", answer(message(Role.ROLE_TOOL_CALL, ""), message(Role.ROLE_ASSISTANT, "x")));
        session.answered("c?", answer(message(Role.ROLE_ASSISTANT, "x"), message(Role.ROLE_TOOL_CALL, "1")));

        assertThat(session.ask("d?").getConversation().getMessagesList())
                .extracting(Message::getContent)
                .containsExactly("c?", "x", "d?");
    }

    @Test
    void commandsChangeWhatIsSentNext() {
        session.answered("a?", answer(message(Role.ROLE_ASSISTANT, "b")));

        assertThat(session.command("/reset")).isEqualTo("(forgotten)");
        session.command("/system be  brief");
        session.command("/model tiny");
        session.command("/temperature 0.5");
        session.command("/max-tokens 7");
        session.command("/top-p 0.9");
        session.command("/top-k 40");
        session.command("/min-p 0.05");
        session.command("/seed -3");

        GenerateRequest request = session.ask("c?");
        assertThat(request.getConversation().getMessagesList())
                .containsExactly(message(Role.ROLE_SYSTEM, "be  brief"), Answers.user("c?"));
        assertThat(request.getModel()).isEqualTo("tiny");
        assertThat(request.getSampling())
                .isEqualTo(Sampling.newBuilder()
                        .setTemperature(0.5f)
                        .setTopP(0.9f)
                        .setTopK(40)
                        .setSeed(-3)
                        .setMaxTokens(7)
                        .build());
        assertThat(request.getMinP()).isEqualTo(0.05f);
    }

    @Test
    void aCommandAloneTakesBackWhatWasSet() {
        session.command("/max-tokens 7");
        session.command("/min-p 0.05");

        assertThat(session.command("/max-tokens")).isEqualTo("(max-tokens off)");
        session.command("/min-p");

        assertThat(session.ask("c?").getSampling()).isEqualTo(Sampling.getDefaultInstance());
        assertThat(session.ask("c?").getMinP()).isZero();
    }

    @Test
    void theHistoryHasTheSystemPromptThatIsSent() {
        session.command("/system be brief");
        session.answered("a?", answer(message(Role.ROLE_ASSISTANT, "b")));

        assertThat(session.command("/history")).isEqualTo("system: be brief\nyou: a?\nmodel: b");
    }

    @Test
    void aQuestionThatIsAskedAgainIsSentWithoutItsAnswer() {
        session.ask("a?");
        session.answered("a?", answer(message(Role.ROLE_ASSISTANT, "b")));
        session.ask("c?");
        session.answered("c?", answer(message(Role.ROLE_ASSISTANT, "d")));

        assertThat(session.again()).hasValue("c?");

        assertThat(session.ask("c?").getConversation().getMessagesList())
                .extracting(Message::getContent)
                .containsExactly("a?", "b", "c?");
        session.answered("c?", answer()); // it failed: what came before is not dropped with it
        assertThat(session.again()).hasValue("c?");
        assertThat(session.command("/history")).isEqualTo("you: a?\nmodel: b");
        session.command("/reset");
        assertThat(session.again()).isEmpty();
    }

    @Test
    void savedConversationsAreLinesToTrainFrom(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("chats.jsonl");
        assertThat(refusal(session, "/save " + file)).isEqualTo("(nothing was said)");
        session.command("/system be brief");
        session.answered(
                "12*7?",
                answer(
                        message(Role.ROLE_TOOL_CALL, "12*7"),
                        message(Role.ROLE_TOOL_OUTPUT, "84"),
                        message(Role.ROLE_ASSISTANT, "\"84\"")));

        assertThat(session.command("/save " + file)).isEqualTo("(saved in %s)".formatted(file));
        session.command("/reset");
        session.answered("a?", answer(message(Role.ROLE_ASSISTANT, "b")));
        session.command("/save " + file);

        assertThat(file).content().isEqualTo("""
                {"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"12*7?"},\
                {"role":"tool_call","content":"12*7"},{"role":"tool_output","content":"84"},\
                {"role":"assistant","content":"\\"84\\""}]}
                {"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"a?"},\
                {"role":"assistant","content":"b"}]}
                """);
        assertThat(refusal(session, "/save")).isEqualTo("/save: expected the name of a file");
        assertThat(refusal(session, "/save " + folder)).startsWith("(not saved: ");
    }

    @Test
    void whatACommandDoesNotTakeItSays() {
        assertThat(refusal(session, "/temperature hot"))
                .isEqualTo("/temperature: expected 0, or 0.01 to 100, got \"hot\"");
        assertThat(refusal(session, "/max-tokens -1"))
                .isEqualTo("/max-tokens: expected a whole number from 0 on, got \"-1\"");
        assertThat(refusal(session, "/top-p 1.5")).isEqualTo("/top-p: expected 0 to 1, got \"1.5\"");
        assertThat(refusal(session, "/top-k x")).isEqualTo("/top-k: expected a whole number from 0 on, got \"x\"");
        assertThat(refusal(session, "/seed x"))
                .isEqualTo("/seed: expected a whole number of at most 18 digits, got \"x\"");
        assertThat(refusal(session, "/dance")).isEqualTo("There is no /dance; /help tells what there is.");
        assertThat(session.command("/help")).contains("/reset", "/system", "/model", "/temperature");
        assertThat(session.ask("x").getSampling()).isEqualTo(Sampling.getDefaultInstance());
    }

    @Test
    void whereTheModelHasNoRoomTheOldestIsLeftOutWhichIsToldOnce() {
        session.answered(
                "a?",
                answer(
                        message(Role.ROLE_TOOL_CALL, "1"),
                        message(Role.ROLE_TOOL_OUTPUT, "1"),
                        message(Role.ROLE_ASSISTANT, "x")));
        session.answered("b?", answer(message(Role.ROLE_ASSISTANT, "y")));
        session.answered("c?", answer(message(Role.ROLE_ASSISTANT, "z")));

        assertThat(session.forgetOldest())
                .hasValueSatisfying(told -> assertThat(told).contains("oldest"));
        assertThat(session.forgetOldest()).hasValue("");

        assertThat(session.ask("d?").getConversation().getMessagesList())
                .extracting(Message::getContent)
                .containsExactly("c?", "z", "d?");
        assertThat(session.forgetOldest()).hasValue("");
        assertThat(session.forgetOldest()).isEmpty();
    }

    @Test
    void withoutMemoryEachQuestionStandsAlone() {
        var forgetful = new Session("", new Drawing(), false);
        forgetful.answered("a?", answer(message(Role.ROLE_ASSISTANT, "b")));

        assertThat(forgetful.ask("c?").getConversation().getMessagesList()).containsExactly(Answers.user("c?"));
    }

    private static Answer answer(Message... said) {
        return new Answer("", List.of(said), List.of(1), List.of(2), true, 1);
    }

    private static Message message(Role role, String content) {
        return Message.newBuilder().setRole(role).setContent(content).build();
    }

    private static String refusal(Session session, String command) {
        return String.valueOf(catchThrowableOfType(IllegalArgumentException.class, () -> session.command(command))
                .getMessage());
    }
}
