package org.millrace.cli.client;

import io.grpc.Status;
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
                Status.Code code = e.getStatus().getCode();
                if (code != Status.Code.UNAVAILABLE && code != Status.Code.NOT_FOUND) {
                    throw e;
                }
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException(
                "%s version %d is not served after %d s".formatted(model, version, patience.toSeconds()));
    }

    /// Mean reward of answers.
    public double mean(String model, List<Answer> answers, IntConsumer done) {
        double sum = 0;
        for (int i = 0; i < answers.size(); i++) {
            ScoreRequest request = ScoreRequest.newBuilder()
                    .setModel(model)
                    .addAllPromptTokens(answers.get(i).promptTokens())
                    .addCompletions(
                            Completion.newBuilder().addAllTokens(answers.get(i).tokens()))
                    .build();
            sum += endpoints
                    .reward()
                    .withDeadlineAfter(CALL_PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .withWaitForReady()
                    .score(request)
                    .getRewards(0);
            done.accept(i + 1);
        }
        return sum / answers.size();
    }
}
