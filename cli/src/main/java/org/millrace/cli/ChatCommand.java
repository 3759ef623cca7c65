package org.millrace.cli;

import java.io.Console;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.millrace.cli.chat.Asker;
import org.millrace.cli.chat.Dialogue;
import org.millrace.cli.chat.Person;
import org.millrace.cli.chat.Piped;
import org.millrace.cli.chat.Session;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.SystemState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Talks to the served model in the terminal.
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = {
            "Talks to the model that the local system serves. /help tells what it can do besides.",
            "Lines of a pipe are questions too: answers go to the output and all else to the errors; 1 if one failed."
        })
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
    public Integer call() throws IOException, InterruptedException {
        SystemState now = SystemState.read(state.home())
                .orElseThrow(
                        () -> new Failure("Nothing is up in %s; start with ./millrace up or ./millrace demo --keep."
                                .formatted(state.home().state())));
        Session session = new Session(model, drawing.drawing(), memory);
        try (Endpoints endpoints = new Endpoints(now.layout())) {
            Answers answers = new Answers(endpoints);
            Console console = System.console();
            if (console == null || !console.isTerminal()) {
                Asker asker = new Piped(System.in, System.out, System.err);
                return new Dialogue(session, answers, asker).hold() ? 0 : 1;
            }
            try (Terminal terminal = TerminalBuilder.builder().dumb(true).build()) {
                Asker asker = new Person(terminal, state.home().typed());
                new Dialogue(session, answers, asker).hold(); // whoever sits there has seen what failed
                return 0;
            }
        }
    }
}
