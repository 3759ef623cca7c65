package org.millrace.cli.eval;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.client.Scores;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GetModelResponse;
import org.millrace.proto.policy.v1.Tokens;

/// The model that is evaluated: one version, whose tokenizer is known here. Many threads may ask it.
final class ServedModel {

    /// Of one call: behind all others that are in flight, on a slow machine.
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /// How long a model that was published may take to be served.
    private static final Duration LOADING = Duration.ofMinutes(2);

    /// Continuations in flight: half of what the service lets wait, unless it is told otherwise.
    private static final int IN_FLIGHT = 128;

    /// Fits into the smallest context.
    private static final String PROBE = "The fox, 42.";

    private final String label;
    private final GetModelResponse served;
    private final Tokenizer tokenizer;
    private final ChatFormat chat;
    private final int begin;
    private final Answers answers;
    private final Scores scores;
    private final Semaphore places = new Semaphore(IN_FLIGHT);

    private ServedModel(
            String label,
            GetModelResponse served,
            Tokenizer tokenizer,
            ChatFormat chat,
            int begin,
            Answers answers,
            Scores scores) {
        this.label = label;
        this.served = served;
        this.tokenizer = tokenizer;
        this.chat = chat;
        this.begin = begin;
        this.answers = answers;
        this.scores = scores;
    }

    /// Waits until the model is served, and asks it how a text begins.
    ///
    /// @param label what people call it
    /// @param name under which it is published
    /// @param tokenizer the model's
    /// @throws Failure if it is not served, or has another tokenizer
    static ServedModel of(Endpoints endpoints, String label, String name, Tokenizer tokenizer, ChatFormat chat)
            throws InterruptedException {
        Answers answers = new Answers(endpoints, PATIENCE);
        try {
            GetModelResponse served = answers.awaitVersion(name, 1, LOADING);
            Answer probe = answers.whole(GenerateRequest.newBuilder()
                    .setModel(name)
                    .setText(PROBE)
                    .setSampling(Sampling.newBuilder().setMaxTokens(1))
                    .build());
            List<Integer> ids = Arrays.stream(tokenizer.encode(PROBE)).boxed().toList();
            if (served.getVocabularySize() != tokenizer.vocabularySize()
                    || !probe.promptTokens()
                            .subList(1, probe.promptTokens().size())
                            .equals(ids)) {
                throw new Failure(
                        "%s: expected the tokenizer that the log names, got another: a version of it is not yet served; try again"
                                .formatted(label));
            }
            int begin = probe.promptTokens().getFirst();
            return new ServedModel(label, served, tokenizer, chat, begin, answers, new Scores(endpoints, PATIENCE));
        } catch (StatusRuntimeException e) {
            throw new Failure("%s: the inference service says %s".formatted(label, e.getStatus()), e);
        } catch (IllegalStateException e) {
            throw new Failure("%s: %s".formatted(label, e.getMessage()), e);
        }
    }

    String label() {
        return label;
    }

    GetModelResponse served() {
        return served;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    ChatFormat chat() {
        return chat;
    }

    /// The id that begins a text.
    int begin() {
        return begin;
    }

    /// Tokens that prompt and continuation may have together.
    int context() {
        return served.getContext();
    }

    /// @return log-likelihoods of the continuations, in nats
    List<Double> score(Scorable scorable) throws InterruptedException {
        int taken = scorable.continuations().size();
        places.acquire(taken);
        try {
            Scores.Scored scored = scores.score(served.getModel(), scorable.prompt(), scorable.continuations());
            check(scored.modelVersion());
            return scored.logLikelihoods();
        } finally {
            places.release(taken);
        }
    }

    /// The greedy continuation.
    ///
    /// @param ending empty: exactly `maxTokens` ids, whatever they are; else it ends by itself, or at one of
    ///     these texts
    Answer greedy(int[] prompt, int maxTokens, Optional<List<String>> ending) throws InterruptedException {
        places.acquire();
        try {
            Answer answer = answers.whole(GenerateRequest.newBuilder()
                    .setModel(served.getModel())
                    .setTokens(Tokens.newBuilder()
                            .addAllIds(Arrays.stream(prompt).boxed().toList()))
                    .setSampling(Sampling.newBuilder().setTemperature(0).setMaxTokens(maxTokens))
                    .setIgnoreEnd(ending.isEmpty())
                    .addAllStop(ending.orElse(List.of()))
                    .build());
            check(answer.modelVersion());
            return answer;
        } finally {
            places.release();
        }
    }

    private void check(long version) {
        if (version != served.getVersion()) {
            throw new Failure("%s: expected version %d all the time, got %d too: it was published meanwhile; try again"
                    .formatted(label, served.getVersion(), version));
        }
    }
}
