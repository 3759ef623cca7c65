package org.millrace.cli.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.millrace.proto.policy.v1.Continuation;
import org.millrace.proto.policy.v1.ScoreRequest;
import org.millrace.proto.policy.v1.ScoreResponse;
import org.millrace.proto.policy.v1.TokenLogProbs;

/// Asks the served model how likely it finds given continuations.
public final class Scores {

    private final Endpoints endpoints;
    private final Duration patience;

    /// @param patience for each call
    public Scores(Endpoints endpoints, Duration patience) {
        this.endpoints = endpoints;
        this.patience = patience;
    }

    /// @param logLikelihoods of each continuation, in nats: the sum over its ids
    public record Scored(List<Double> logLikelihoods, long modelVersion) {}

    /// Tried again while the server is busy.
    ///
    /// @param prompt at least one id
    /// @param continuations each at least one id, 64 at most
    public Scored score(String model, int[] prompt, List<int[]> continuations) throws InterruptedException {
        var request = ScoreRequest.newBuilder().setModel(model);
        for (int id : prompt) {
            request.addPromptTokens(id);
        }
        for (int[] continuation : continuations) {
            var ids = Continuation.newBuilder();
            for (int id : continuation) {
                ids.addTokens(id);
            }
            request.addContinuations(ids);
        }
        ScoreResponse response = Tries.of(() -> endpoints
                .policy()
                .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
                .score(request.build()));
        List<Double> sums = new ArrayList<>();
        for (TokenLogProbs continuation : response.getContinuationsList()) {
            double sum = 0;
            for (float logProb : continuation.getLogProbsList()) {
                sum += logProb;
            }
            sums.add(sum);
        }
        return new Scored(sums, response.getModelVersion());
    }
}
