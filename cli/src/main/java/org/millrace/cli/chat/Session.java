package org.millrace.cli.chat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;

/// One conversation and how its next answer is drawn. Knows neither terminal nor server.
///
/// A question is part of the conversation once it has an answer that can stand there: one that ends with words of the
/// assistant, and has no empty message.
public final class Session {

    public static final String HELP = """
            /system TEXT     tells the model how to answer; alone: nothing
            /model NAME      who answers; alone: the one that is served
            /temperature T   0: always the likeliest token; else 0.01 to 100
            /max-tokens N    longest answer
            /history         what is sent with the next question
            /reset           forgets what was said (also /new)
            /help            this
            /exit            leaves (also /quit)
            Anything else is said to the model. Arrow keys edit the line and bring back earlier ones.""";

    private final boolean remembers;
    private final Deque<List<Message>> said = new ArrayDeque<>(); // each question with its answer
    private boolean forgets;
    private String system = "";
    private String model;
    private float temperature;
    private int maxTokens;

    /// @param remembers whether a question is sent with all that was said before
    public Session(String model, float temperature, int maxTokens, boolean remembers) {
        this.model = model;
        this.temperature = temperature;
        this.maxTokens = maxTokens;
        this.remembers = remembers;
    }

    /// Does what a line that begins with `/` says.
    ///
    /// @return what to tell whoever wrote it
    public String command(String line) {
        String[] words = line.strip().split("\\s+", 2);
        String value = words.length == 1 ? "" : words[1];
        try {
            return switch (words[0]) {
                case "/help" -> HELP;
                case "/reset", "/new" -> {
                    said.clear();
                    forgets = false;
                    yield "(forgotten)";
                }
                case "/system" -> {
                    system = value;
                    yield value.isEmpty() ? "(no system prompt)" : "(system prompt set)";
                }
                case "/model" -> {
                    model = value;
                    yield value.isEmpty() ? "(the model that is served)" : "(model " + value + ")";
                }
                case "/temperature" -> {
                    temperature = temperature(value);
                    yield "(temperature %s)".formatted(value);
                }
                case "/max-tokens" -> {
                    maxTokens = maxTokens(value);
                    yield "(at most %d tokens)".formatted(maxTokens);
                }
                case "/history" -> history();
                default -> "There is no %s; /help tells what there is.".formatted(words[0]);
            };
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static float temperature(String value) {
        float number;
        try {
            number = Float.parseFloat(value);
        } catch (NumberFormatException e) {
            number = Float.NaN;
        }
        if (number != 0 && !(number >= 0.01f && number <= 100)) {
            throw new IllegalArgumentException("/temperature: expected 0, or 0.01 to 100, got \"%s\"".formatted(value));
        }
        return number;
    }

    private static int maxTokens(String value) {
        if (!value.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("/max-tokens: expected at least 1, got \"%s\"".formatted(value));
        }
        return Integer.parseInt(value);
    }

    private String history() {
        return said.isEmpty()
                ? "(nothing)"
                : said.stream()
                        .flatMap(List::stream)
                        .map(message -> "%s: %s".formatted(speaker(message.getRole()), message.getContent()))
                        .collect(Collectors.joining("\n"));
    }

    private static String speaker(Message.Role role) {
        return switch (role) {
            case ROLE_SYSTEM -> "system";
            case ROLE_USER -> "you";
            case ROLE_ASSISTANT -> "model";
            case ROLE_TOOL_CALL -> "call";
            case ROLE_TOOL_OUTPUT -> "result";
            case ROLE_UNSPECIFIED, UNRECOGNIZED -> "?";
        };
    }

    /// What is sent for a question.
    public GenerateRequest ask(String question) {
        List<Message> messages = new ArrayList<>();
        if (!system.isEmpty()) {
            messages.add(message(Message.Role.ROLE_SYSTEM, system));
        }
        said.forEach(messages::addAll);
        messages.add(Answers.user(question));
        return Answers.conversation(
                model,
                messages,
                Sampling.newBuilder()
                        .setTemperature(temperature)
                        .setMaxTokens(maxTokens)
                        .build());
    }

    /// The question has got this answer.
    public void answered(String question, Answer answer) {
        List<Message> standing = new ArrayList<>(answer.said());
        while (!standing.isEmpty() && standing.getLast().getRole() != Message.Role.ROLE_ASSISTANT) {
            standing.removeLast(); // the answer was cut off within a call
        }
        boolean speaks =
                standing.stream().noneMatch(message -> message.getContent().isEmpty());
        if (remembers && speaks && !standing.isEmpty()) {
            standing.addFirst(Answers.user(question));
            said.add(List.copyOf(standing));
        }
    }

    /// For when the model has no room for all that was said: leaves out the oldest question and its answer.
    ///
    /// @return what to tell whoever asks, and nothing the second time; empty if there is nothing to leave out
    public Optional<String> forgetOldest() {
        if (said.pollFirst() == null) {
            return Optional.empty();
        }
        String told =
                forgets ? "" : "(the model has no room for all that was said: the oldest is left out from here on)";
        forgets = true;
        return Optional.of(told);
    }

    private static Message message(Message.Role role, String content) {
        return Message.newBuilder().setRole(role).setContent(content).build();
    }
}
