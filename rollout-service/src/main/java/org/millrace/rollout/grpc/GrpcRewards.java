package org.millrace.rollout.grpc;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.millrace.proto.reward.v1.Completion;
import org.millrace.proto.reward.v1.RewardServiceGrpc;
import org.millrace.proto.reward.v1.ScoreRequest;
import org.millrace.proto.reward.v1.ScoreResponse;
import org.millrace.rollout.Answers;
import org.millrace.rollout.CallFailed;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.Rewards;
import org.millrace.rollout.Sample;
import org.millrace.rollout.Scores;

/// Asks a reward server for scores. Token ids go in as the policy drew them: nothing is tokenized again.
public final class GrpcRewards implements Rewards {

    private static final String SERVER = "reward service";

    private final RewardServiceGrpc.RewardServiceBlockingStub stub;
    private final Duration deadline;

    public GrpcRewards(Channel channel, Duration deadline) {
        this.stub = RewardServiceGrpc.newBlockingStub(channel);
        this.deadline = deadline;
    }

    @Override
    public Scores score(Prompt prompt, Answers answers) throws CallFailed, InterruptedException {
        ScoreResponse response;
        try {
            response = stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                    .score(request(prompt, answers));
        } catch (StatusRuntimeException e) {
            throw Failures.explain(SERVER, e);
        }
        int wanted = answers.samples().size();
        if (response.getRewardsCount() != wanted || response.getVerifiedCount() != wanted) {
            throw Failures.malformed(
                    SERVER,
                    "%d rewards and %d verdicts for %d samples"
                            .formatted(response.getRewardsCount(), response.getVerifiedCount(), wanted));
        }
        for (float reward : response.getRewardsList()) {
            if (!Float.isFinite(reward)) {
                throw Failures.malformed(SERVER, "reward " + reward);
            }
        }
        return new Scores(
                response.getModel(),
                response.getModelVersion(),
                floats(response.getRewardsList()),
                floats(response.getVerifiedList()));
    }

    private static ScoreRequest request(Prompt prompt, Answers answers) {
        ScoreRequest.Builder request = ScoreRequest.newBuilder()
                .setModel(prompt.reward())
                .setReference(prompt.reference())
                .addAllPromptTokens(IntStream.of(answers.promptTokens()).boxed().toList());
        for (Sample sample : answers.samples()) {
            request.addCompletions(Completion.newBuilder()
                    .addAllTokens(IntStream.of(sample.tokens()).boxed().toList()));
        }
        return request.build();
    }

    private static float[] floats(List<Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }
}
