package org.millrace.cli.client;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.proto.reward.v1.Completion;
import org.millrace.proto.reward.v1.GetModelRequest;
import org.millrace.proto.reward.v1.ScoreRequest;

/// Asks the served reward model.
public final class Rewards {

    private static final int CALL_PATIENCE_SECONDS = 60;

    private final Endpoints endpoints;

    public Rewards(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    /// Waits until the reward service serves `model` in `version` or newer.
    public void awaitVersion(String model, long version, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        GetModelRequest request = GetModelRequest.newBuilder().setModel(model).build();
        while (System.nanoTime() < deadline) {
            try {
                if (endpoints
                                .reward()
                                .withDeadlineAfter(CALL_PATIENCE_SECONDS, TimeUnit.SECONDS)
                                .getModel(request)
                                .getVersion()
                        >= version) {
                    return;
                }
            } catch (StatusRuntimeException e) {
                if (!Tries.passes(e)) {
                    throw e;
                }
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException(
                "%s version %d is not served after %d s".formatted(model, version, patience.toSeconds()));
    }

    /// Mean reward of answers.
    public double mean(String model, List<Answer> answers, IntConsumer done) throws InterruptedException {
        List<ScoreRequest> requests = answers.stream()
                .map(answer -> ScoreRequest.newBuilder()
                        .setModel(model)
                        .addAllPromptTokens(answer.promptTokens())
                        .addCompletions(Completion.newBuilder().addAllTokens(answer.tokens()))
                        .build())
                .toList();
        return AtOnce.all(requests, this::score, done).stream()
                .mapToDouble(reward -> reward)
                .average()
                .orElse(0);
    }

    private double score(ScoreRequest request) throws InterruptedException {
        return Tries.of(() -> endpoints
                .reward()
                .withDeadlineAfter(CALL_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .score(request)
                .getRewards(0));
    }
}
