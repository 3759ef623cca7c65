package org.millrace.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Message.Role;
import org.millrace.proto.policy.v1.GenerateRequest;

class SessionTest {

    private final Session session = new Session("", 0, 64, true);

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

        GenerateRequest request = session.ask("c?");
        assertThat(request.getConversation().getMessagesList())
                .containsExactly(message(Role.ROLE_SYSTEM, "be  brief"), Answers.user("c?"));
        assertThat(request.getModel()).isEqualTo("tiny");
        assertThat(request.getSampling().getTemperature()).isEqualTo(0.5f);
        assertThat(request.getSampling().getMaxTokens()).isEqualTo(7);
    }

    @Test
    void whatACommandDoesNotTakeItSays() {
        assertThat(session.command("/temperature hot"))
                .isEqualTo("/temperature: expected 0, or 0.01 to 100, got \"hot\"");
        assertThat(session.command("/max-tokens 0")).isEqualTo("/max-tokens: expected at least 1, got \"0\"");
        assertThat(session.command("/dance")).isEqualTo("There is no /dance; /help tells what there is.");
        assertThat(session.command("/help")).contains("/reset", "/system", "/model", "/temperature");
        assertThat(session.ask("x").getSampling().getMaxTokens()).isEqualTo(64);
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
        var forgetful = new Session("", 0, 64, false);
        forgetful.answered("a?", answer(message(Role.ROLE_ASSISTANT, "b")));

        assertThat(forgetful.ask("c?").getConversation().getMessagesList()).containsExactly(Answers.user("c?"));
    }

    private static Answer answer(Message... said) {
        return new Answer("", List.of(said), List.of(1), List.of(2), true, 1);
    }

    private static Message message(Role role, String content) {
        return Message.newBuilder().setRole(role).setContent(content).build();
    }
}
