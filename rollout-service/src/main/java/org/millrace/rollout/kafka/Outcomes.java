package org.millrace.rollout.kafka;

import com.google.common.primitives.Booleans;
import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.RewardScored;
import org.millrace.proto.events.v1.RolloutCompleted;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.rollout.Outcome;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.RolloutId;
import org.millrace.rollout.Sample;
import org.millrace.rollout.Scores;
import org.millrace.rollout.Turn;

/// Turns outcomes into records. What belongs to one outcome belongs into one transaction.
final class Outcomes {

    private final Events events = new Events(Clerk.SERVICE);
    private final String worker;
    private final Clock clock;

    /// @param worker who answered, for people
    Outcomes(String worker, Clock clock) {
        this.worker = worker;
        this.clock = clock;
    }

    /// A [RolloutCompleted] and its [RewardScored] for each sample.
    List<ProducerRecord<String, byte[]>> records(Outcome.Scored scored) {
        Prompt prompt = scored.prompt();
        Scores scores = scored.scores();
        long now = clock.millis();
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        for (Sample sample : scored.answers().samples()) {
            String id = RolloutId.of(prompt, sample.index());
            records.add(events.record(id, rollout(id, scored, sample, now)));
            records.add(events.record(
                    id,
                    RewardScored.newBuilder()
                            .setRolloutId(id)
                            .setRunId(prompt.runId())
                            .setRound(prompt.round())
                            .setReward(scores.rewards()[sample.index()])
                            .setRewardModel(scores.model())
                            .setRewardModelVersion(scores.version())
                            .setVerified(scores.verified()[sample.index()])
                            .setScoredAtMs(now)
                            .build()));
        }
        return records;
    }

    /// One [ComparisonRequested] with all candidates.
    ProducerRecord<String, byte[]> record(Outcome.Comparable comparable) {
        Prompt prompt = comparable.prompt();
        ComparisonRequested.Builder comparison = ComparisonRequested.newBuilder()
                .setPromptId(prompt.id())
                .addAllPromptTokens(Ints.asList(comparable.answers().promptTokens()))
                .setTokenizer(comparable.answers().tokenizer().name())
                .setTokenizerVersion(comparable.answers().tokenizer().version())
                .setPurpose(prompt.purpose())
                .setReference(prompt.reference())
                .setRequestedAtMs(clock.millis());
        for (Turn turn : prompt.turns()) {
            comparison.addMessages(
                    Message.newBuilder().setRole(role(turn.role())).setContent(turn.text()));
        }
        for (Sample sample : comparable.candidates()) {
            comparison.addCandidates(Candidate.newBuilder()
                    .setCandidateId(RolloutId.of(prompt, sample.index()))
                    .setText(sample.text())
                    .addAllTokens(Ints.asList(sample.tokens()))
                    .setModelVersion(sample.modelVersions()[sample.modelVersions().length - 1]));
        }
        return events.record(prompt.id(), comparison.build());
    }

    private RolloutCompleted rollout(String id, Outcome.Scored scored, Sample sample, long now) {
        Prompt prompt = scored.prompt();
        var rollout = RolloutCompleted.newBuilder()
                .setRolloutId(id)
                .setPromptId(prompt.id())
                .setRunId(prompt.runId())
                .setRound(prompt.round())
                .setSample(sample.index())
                .addAllPromptTokens(Ints.asList(scored.answers().promptTokens()))
                .addAllTokens(Ints.asList(sample.tokens()))
                .addAllLogProbs(Floats.asList(sample.logProbs()))
                .addAllModelVersions(Longs.asList(sample.modelVersions()))
                .setFinish(
                        sample.stopped() ? RolloutCompleted.Finish.FINISH_STOP : RolloutCompleted.Finish.FINISH_LENGTH)
                .setSampling(sampling(prompt.sampling()))
                .setPolicy(scored.answers().model())
                .setCompletedAtMs(now)
                .setWorker(worker);
        return Booleans.contains(sample.forced(), true)
                ? rollout.addAllForced(Booleans.asList(sample.forced())).build()
                : rollout.build();
    }

    private static Sampling sampling(org.millrace.rollout.Sampling sampling) {
        return Sampling.newBuilder()
                .setTemperature(sampling.temperature())
                .setTopP(sampling.topP())
                .setTopK(sampling.topK())
                .setMaxTokens(sampling.maxTokens())
                .setSeed(sampling.seed())
                .build();
    }

    private static Message.Role role(Turn.Role role) {
        return switch (role) {
            case SYSTEM -> Message.Role.ROLE_SYSTEM;
            case USER -> Message.Role.ROLE_USER;
            case ASSISTANT -> Message.Role.ROLE_ASSISTANT;
            case TOOL_CALL -> Message.Role.ROLE_TOOL_CALL;
            case TOOL_OUTPUT -> Message.Role.ROLE_TOOL_OUTPUT;
        };
    }
}
