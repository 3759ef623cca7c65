package org.millrace.cli.client;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.Conversation;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GetModelRequest;
import org.millrace.proto.policy.v1.GetModelResponse;

/// Asks the served model, one question or many at a time.
public final class Answers {

    private static final Duration CALL_PATIENCE = Duration.ofSeconds(60);

    private final Endpoints endpoints;
    private final Duration patience;

    public Answers(Endpoints endpoints) {
        this(endpoints, CALL_PATIENCE);
    }

    /// @param patience for each call
    public Answers(Endpoints endpoints, Duration patience) {
        this.endpoints = endpoints;
        this.patience = patience;
    }

    /// One answer.
    ///
    /// @param text of the assistant, without calls
    /// @param said the same with the calls and what tools said, in order
    /// @param stopped whether the model ended its turn by itself, and was not cut off
    public record Answer(
            String text,
            List<Message> said,
            List<Integer> promptTokens,
            List<Integer> tokens,
            boolean stopped,
            long modelVersion) {}

    /// Waits until the inference service serves `model` in `version` or newer.
    public GetModelResponse awaitVersion(String model, long version, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        String last = "no answer yet";
        while (System.nanoTime() < deadline) {
            try {
                GetModelResponse now = endpoints
                        .policy()
                        .withDeadlineAfter(CALL_PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .getModel(GetModelRequest.newBuilder().setModel(model).build());
                if (now.getVersion() >= version) {
                    return now;
                }
                last = "it serves version " + now.getVersion();
            } catch (StatusRuntimeException e) {
                if (!Tries.passes(e)) {
                    throw e;
                }
                last = e.getStatus().toString();
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException(
                "%s version %d is not served after %d s: %s".formatted(model, version, patience.toSeconds(), last));
    }

    /// Answers to questions, in order, greedy unless `sampling` says otherwise.
    public List<Answer> ask(String model, List<String> questions, Sampling sampling, IntConsumer done)
            throws InterruptedException {
        return generate(
                questions.stream()
                        .map(question -> conversation(model, List.of(user(question)), sampling))
                        .toList(),
                done);
    }

    /// Continuations of plain texts, in order.
    public List<Answer> complete(String model, List<String> texts, Sampling sampling, IntConsumer done)
            throws InterruptedException {
        return generate(
                texts.stream()
                        .map(text -> GenerateRequest.newBuilder()
                                .setModel(model)
                                .setText(text)
                                .setSampling(sampling)
                                .build())
                        .toList(),
                done);
    }

    public static GenerateRequest conversation(String model, List<Message> messages, Sampling sampling) {
        return GenerateRequest.newBuilder()
                .setModel(model)
                .setConversation(Conversation.newBuilder().addAllMessages(messages))
                .setSampling(sampling)
                .build();
    }

    public static Message user(String text) {
        return Message.newBuilder()
                .setRole(Message.Role.ROLE_USER)
                .setContent(text)
                .build();
    }

    private List<Answer> generate(List<GenerateRequest> requests, IntConsumer done) throws InterruptedException {
        return AtOnce.all(requests, this::whole, done);
    }

    /// One answer, tried again while the server is busy.
    public Answer whole(GenerateRequest request) throws InterruptedException {
        return patiently(request.toBuilder().setWhole(true).build(), piece -> {}, () -> true);
    }

    /// One answer, handed on as it comes: pieces of the assistant's text, whole calls and outputs. Tried again
    /// while the server is busy, unless some of the text was handed on already: what was said cannot be taken
    /// back, so that failure is the caller's to see.
    public Answer stream(GenerateRequest request, Consumer<Message> heard) throws InterruptedException {
        AtomicBoolean said = new AtomicBoolean();
        return patiently(
                request,
                piece -> {
                    said.set(true);
                    heard.accept(piece);
                },
                () -> !said.get());
    }

    /// @param again whether a failure that passes may be followed by another try
    private Answer patiently(GenerateRequest request, Consumer<Message> heard, BooleanSupplier again)
            throws InterruptedException {
        return Tries.of(
                () -> read(
                        endpoints
                                .policy()
                                .withDeadlineAfter(patience.toSeconds(), TimeUnit.SECONDS)
                                .generate(request),
                        heard),
                again);
    }

    private static Answer read(Iterator<GenerateResponse> chunks, Consumer<Message> heard) {
        StringBuilder whole = new StringBuilder();
        List<Message> said = new ArrayList<>();
        List<Integer> prompt = new ArrayList<>();
        List<Integer> tokens = new ArrayList<>();
        boolean stopped = false;
        long version = 0;
        while (chunks.hasNext()) {
            GenerateResponse chunk = chunks.next();
            whole.append(chunk.getText());
            List<Message> pieces = new ArrayList<>();
            if (!chunk.getText().isEmpty()) {
                pieces.add(assistant(chunk.getText()));
            }
            pieces.addAll(chunk.getCallsList());
            for (Message piece : pieces) {
                heard.accept(piece);
                append(said, piece);
            }
            prompt.addAll(chunk.getPromptTokensList());
            tokens.addAll(chunk.getTokensList());
            stopped |= chunk.getFinish() == GenerateResponse.Finish.FINISH_STOP;
            version = chunk.getModelVersion();
        }
        return new Answer(whole.toString(), said, prompt, tokens, stopped, version);
    }

    /// Pieces of text that come one after the other are one message.
    private static void append(List<Message> said, Message piece) {
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
