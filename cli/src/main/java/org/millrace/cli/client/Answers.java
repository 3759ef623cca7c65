package org.millrace.cli.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.Conversation;
import org.millrace.proto.policy.v1.GenerateRequest;
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

    /// @param patience for each call, and where an answer is heard as it comes, for each silence
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
        GenerateRequest whole = request.toBuilder().setWhole(true).build();
        return Tries.of(() -> {
            Saying saying = new Saying(piece -> {});
            endpoints
                    .policy()
                    .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
                    .generate(whole)
                    .forEachRemaining(saying::add);
            return saying.answer();
        });
    }

    /// What was said of an answer, and how it ended.
    ///
    /// @param end OK if it is whole; CANCELLED if who listened was interrupted
    /// @param tokensPerSecond 0 if there were too few tokens to tell
    public record Reply(Answer answer, Status end, double tokensPerSecond) {}

    /// One answer, handed on as it comes: pieces of the assistant's text, whole calls and outputs. The limit is on
    /// each silence, not on the whole. Tried again while the server is busy, unless some of the text was handed on
    /// already: what was said cannot be taken back. A model that the server does not know is told at once.
    public Reply listen(GenerateRequest request, Consumer<Message> heard) {
        AtomicReference<Saying> latest = new AtomicReference<>(new Saying(heard));
        Status end = Status.OK;
        try {
            Tries.of(
                    () -> hear(request, latest.updateAndGet(earlier -> new Saying(heard))),
                    failure -> latest.get().isSilent() && failure.getCode() != Status.Code.NOT_FOUND);
        } catch (StatusRuntimeException e) {
            end = e.getStatus();
        } catch (InterruptedException e) {
            end = Status.CANCELLED
                    .withDescription("who listened was interrupted")
                    .withCause(e);
        }
        Saying saying = latest.get();
        return new Reply(saying.answer(), end, saying.tokensPerSecond());
    }

    private Saying hear(GenerateRequest request, Saying saying) throws InterruptedException {
        Pieces pieces = new Pieces();
        endpoints.policyAsItComes().generate(request, pieces);
        Status end = pieces.hear(patience, saying::add);
        if (!end.isOk()) {
            throw end.asRuntimeException();
        }
        return saying;
    }
}
