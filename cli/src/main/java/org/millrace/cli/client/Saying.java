package org.millrace.cli.client;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.policy.v1.GenerateResponse;

/// An answer that is being said, put together from the server's pieces.
final class Saying {

    private final Consumer<Message> heard;
    private final StringBuilder text = new StringBuilder();
    private final List<Message> said = new ArrayList<>();
    private final List<Integer> prompt = new ArrayList<>();
    private final List<Integer> tokens = new ArrayList<>();
    private boolean stopped;
    private long version;
    private int firstTokens;
    private long firstNanos;
    private long lastNanos;

    /// @param heard hears pieces of the assistant's text, whole calls and outputs
    Saying(Consumer<Message> heard) {
        this.heard = heard;
    }

    void add(GenerateResponse piece) {
        text.append(piece.getText());
        if (!piece.getText().isEmpty()) {
            say(assistant(piece.getText()));
        }
        piece.getCallsList().forEach(this::say);
        prompt.addAll(piece.getPromptTokensList());
        lastNanos = System.nanoTime();
        if (tokens.isEmpty()) {
            firstTokens = piece.getTokensCount();
            firstNanos = lastNanos;
        }
        tokens.addAll(piece.getTokensList());
        stopped |= piece.getFinish() == GenerateResponse.Finish.FINISH_STOP;
        version = piece.getModelVersion();
    }

    /// Whether nothing was heard yet, tokens without text aside.
    boolean isSilent() {
        return said.isEmpty();
    }

    Answer answer() {
        return new Answer(
                text.toString(), List.copyOf(said), List.copyOf(prompt), List.copyOf(tokens), stopped, version);
    }

    /// How fast tokens came after the first ones, which waited for the prompt too; 0 if none did.
    double tokensPerSecond() {
        int later = tokens.size() - firstTokens;
        return later == 0 ? 0 : later * 1e9 / Math.max(1, lastNanos - firstNanos);
    }

    /// Pieces of text that come one after the other are one message.
    private void say(Message piece) {
        heard.accept(piece);
        boolean goesOn = !said.isEmpty()
                && piece.getRole() == Message.Role.ROLE_ASSISTANT
                && said.getLast().getRole() == Message.Role.ROLE_ASSISTANT;
        said.add(goesOn ? assistant(said.removeLast().getContent() + piece.getContent()) : piece);
    }

    private static Message assistant(String text) {
        return Message.newBuilder()
                .setRole(Message.Role.ROLE_ASSISTANT)
                .setContent(text)
                .build();
    }
}
