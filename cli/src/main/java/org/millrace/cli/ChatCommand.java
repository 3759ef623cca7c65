package org.millrace.cli;

import io.grpc.Status;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.millrace.cli.chat.Session;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.SystemState;
import org.millrace.proto.events.v1.Message;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Talks to the served model in the terminal.
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = "Talks to the model that the local system serves. /help tells what it can do besides.")
final class ChatCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(
            names = "--model",
            defaultValue = "",
            paramLabel = "NAME",
            description = "Model to talk to (default: the one served).")
    @SuppressWarnings("NullAway.Init")
    private String model;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DrawingOptions drawing;

    @Option(
            names = "--memory",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Send the whole conversation each time (default), or with --no-memory only the last question, "
                            + "with which small models do better.")
    private boolean memory;

    @Override
    public Integer call() throws IOException {
        SystemState now = SystemState.read(state.home())
                .orElseThrow(
                        () -> new Failure("Nothing is up in %s; start with ./millrace up or ./millrace demo --keep."
                                .formatted(state.home().state())));
        try (Endpoints endpoints = new Endpoints(now.layout());
                Terminal terminal =
                        TerminalBuilder.builder().dumb(System.console() == null).build()) {
            converse(
                    new Session(model, drawing.drawing(), memory),
                    new Answers(endpoints),
                    LineReaderBuilder.builder().terminal(terminal).build(),
                    terminal);
        }
        return 0;
    }

    private static void converse(Session session, Answers answers, LineReader reader, Terminal terminal) {
        while (true) {
            String line;
            try {
                line = reader.readLine("you: ").strip();
            } catch (UserInterruptException | EndOfFileException e) {
                return;
            }
            if (line.equals("/exit") || line.equals("/quit")) {
                return;
            }
            if (line.equals("/regenerate")) {
                session.again().ifPresent(question -> say(question, session, answers, terminal));
            } else if (line.startsWith("/")) {
                terminal.writer().println(session.command(line));
            } else if (!line.isEmpty()) {
                say(line, session, answers, terminal);
            }
            terminal.flush();
        }
    }

    private static void say(String question, Session session, Answers answers, Terminal terminal) {
        terminal.writer().print("model: ");
        Answers.Reply reply = reply(question, session, answers, terminal);
        if (reply.end().isOk()) {
            terminal.writer().printf("   [version %d]%n", reply.answer().modelVersion());
        } else {
            terminal.writer()
                    .println("(" + reply.end().getCode() + ": " + reply.end().getDescription() + ")");
        }
        session.answered(question, reply.answer());
    }

    /// With as much of what was said before as the model has room for.
    private static Answers.Reply reply(String question, Session session, Answers answers, Terminal terminal) {
        while (true) {
            Answers.Reply reply = answers.listen(session.ask(question), piece -> {
                terminal.writer().print(shown(piece, terminal));
                terminal.flush();
            });
            Optional<String> told = isTooLong(reply.end()) ? session.forgetOldest() : Optional.empty();
            if (told.isEmpty()) {
                return reply;
            }
            terminal.writer().print(told.get());
        }
    }

    /// Whether the server has no room for the prompt.
    static boolean isTooLong(Status status) {
        return status.getCode() == Status.Code.INVALID_ARGUMENT
                && String.valueOf(status.getDescription()).startsWith("prompt: expected at most");
    }

    /// Calls and what tools say are dimmed.
    private static String shown(Message piece, Terminal terminal) {
        return switch (piece.getRole()) {
            case ROLE_TOOL_CALL -> dimmed(" [" + piece.getContent(), terminal);
            case ROLE_TOOL_OUTPUT -> dimmed(" = " + piece.getContent() + "] ", terminal);
            default -> piece.getContent();
        };
    }

    private static String dimmed(String text, Terminal terminal) {
        return new AttributedString(text, AttributedStyle.DEFAULT.faint()).toAnsi(terminal);
    }
}
