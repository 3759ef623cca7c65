package org.millrace.cli;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.SystemState;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Talks to the served model in the terminal.
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = "Talks to the model that the local system serves. /new starts afresh, /help tells more.")
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

    @Option(
            names = "--temperature",
            defaultValue = "0",
            paramLabel = "T",
            description = "0: always the likeliest token (default).")
    private float temperature;

    @Option(
            names = "--max-tokens",
            defaultValue = "64",
            paramLabel = "N",
            description = "Longest answer (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--memory",
            description =
                    "Send the whole conversation each time, not only the last question. Small models do better without.")
    private boolean memory;

    @Override
    public Integer call() throws IOException, InterruptedException {
        SystemState now = SystemState.read(state.home())
                .orElseThrow(
                        () -> new Failure("Nothing is up in %s; start with ./millrace up or ./millrace demo --keep."
                                .formatted(state.home().state())));
        try (Endpoints endpoints = new Endpoints(now.layout());
                Terminal terminal =
                        TerminalBuilder.builder().dumb(System.console() == null).build()) {
            converse(
                    new Answers(endpoints),
                    LineReaderBuilder.builder().terminal(terminal).build(),
                    terminal);
        }
        return 0;
    }

    private void converse(Answers answers, LineReader reader, Terminal terminal) throws InterruptedException {
        List<Message> conversation = new ArrayList<>();
        Sampling sampling = Sampling.newBuilder()
                .setTemperature(temperature)
                .setMaxTokens(maxTokens)
                .build();
        while (true) {
            String line;
            try {
                line = reader.readLine("you: ").strip();
            } catch (UserInterruptException | EndOfFileException e) {
                return;
            }
            switch (line) {
                case "" -> {}
                case "/exit", "/quit" -> {
                    return;
                }
                case "/new" -> conversation.clear();
                case "/help" ->
                    terminal.writer()
                            .println(
                                    "/new  forget the conversation    /exit  leave    anything else is said to the model");
                default -> {
                    if (!memory) {
                        conversation.clear();
                    }
                    conversation.add(Answers.user(line));
                    say(answers, conversation, sampling, terminal);
                }
            }
            terminal.flush();
        }
    }

    private void say(Answers answers, List<Message> conversation, Sampling sampling, Terminal terminal)
            throws InterruptedException {
        terminal.writer().print("model: ");
        try {
            Answers.Answer answer = answers.stream(Answers.conversation(model, conversation, sampling), text -> {
                terminal.writer().print(text);
                terminal.flush();
            });
            terminal.writer().printf("   [version %d]%n", answer.modelVersion());
            conversation.add(Message.newBuilder()
                    .setRole(Message.Role.ROLE_ASSISTANT)
                    .setContent(answer.text())
                    .build());
        } catch (StatusRuntimeException e) {
            conversation.removeLast();
            terminal.writer()
                    .println(
                            "(" + e.getStatus().getCode() + ": " + e.getStatus().getDescription() + ")");
        }
    }
}
