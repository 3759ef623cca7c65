package org.millrace.cli.chat;

import java.io.IOException;
import java.nio.file.Path;
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

    static final String HELP = """
            /system TEXT     tells the model how to answer; alone: nothing
            /model NAME      who answers; alone: the one that is served
            /temperature T   0: always the likeliest token; else 0.01 to 100
            /top-p P         of the likeliest tokens that have P of all probability; 0 to 1, alone: of all
            /top-k K         of the K likeliest tokens; alone: of all
            /min-p P         of tokens at least P times as likely as the likeliest; 0 to 1, alone: of all
            /seed N          same seed, same answers; alone: a new one each time
            /max-tokens N    longest answer; alone: as long as the model's context has room
            /regenerate      asks the last question again, without its answer
            /history         what is sent with the next question
            /save FILE       adds the conversation to a file, as one line of JSON
            /reset           forgets what was said (also /new)
            /help            this
            /exit            leaves (also /quit, Ctrl-D)
            Anything else is said to the model; lines between two lines of \""" are one question.
            Ctrl-C stops an answer. Arrow keys edit the line and bring back earlier ones.""";

    private final boolean remembers;
    private final Drawing drawing;
    private final Deque<List<Message>> said = new ArrayDeque<>(); // each question with its answer
    private boolean forgets;
    private String system = "";
    private String model;
    private String asked = ""; // last
    private boolean stands; // whether the last question is part of the conversation

    /// @param remembers whether a question is sent with all that was said before
    public Session(String model, Drawing drawing, boolean remembers) {
        this.model = model;
        this.drawing = drawing;
        this.remembers = remembers;
    }

    /// Does what a line that begins with `/` says.
    ///
    /// @return what to tell whoever wrote it
    /// @throws IllegalArgumentException why it cannot be done
    public String command(String line) {
        String[] words = line.strip().split("\\s+", 2);
        String value = words.length == 1 ? "" : words[1];
        return switch (words[0]) {
            case "/help" -> HELP;
            case "/reset", "/new" -> {
                said.clear();
                forgets = false;
                asked = "";
                stands = false;
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
            case "/temperature", "/top-p", "/top-k", "/min-p", "/seed", "/max-tokens" -> {
                drawing.set(words[0], value);
                yield "(%s %s)".formatted(words[0].substring(1), value.isEmpty() ? "off" : value);
            }
            case "/history" -> history();
            case "/save" -> save(value);
            default ->
                throw new IllegalArgumentException("There is no %s; /help tells what there is.".formatted(words[0]));
        };
    }

    /// What is sent with the next question, before it.
    private List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        if (!system.isEmpty()) {
            messages.add(message(Message.Role.ROLE_SYSTEM, system));
        }
        said.forEach(messages::addAll);
        return messages;
    }

    private String save(String file) {
        if (file.isEmpty()) {
            throw new IllegalArgumentException("/save: expected the name of a file");
        }
        if (said.isEmpty()) {
            throw new IllegalArgumentException(
                    remembers ? "(nothing was said)" : "(--no-memory keeps nothing to save)");
        }
        try {
            Transcript.append(Path.of(file), messages());
            return "(saved in %s)".formatted(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("(not saved: %s)".formatted(e), e);
        }
    }

    private String history() {
        List<Message> messages = messages();
        return messages.isEmpty()
                ? "(nothing)"
                : messages.stream()
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
        asked = question;
        stands = false;
        List<Message> messages = messages();
        messages.add(Answers.user(question));
        return drawing.of(Answers.conversation(model, messages, Sampling.getDefaultInstance()));
    }

    /// Longest answer, in tokens; 0: as long as the model's context has room.
    int maxTokens() {
        return drawing.maxTokens();
    }

    /// Forgets the last answer.
    ///
    /// @return its question; empty if nothing was asked
    public Optional<String> again() {
        if (stands) {
            said.removeLast();
            stands = false;
        }
        return Optional.of(asked).filter(question -> !question.isEmpty());
    }

    /// The question has got this answer, or so much of it before it broke off.
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
            stands = true;
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
