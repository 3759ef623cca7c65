package org.millrace.rollout.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RewardScored;
import org.millrace.proto.events.v1.RolloutCompleted;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.rollout.Answers;
import org.millrace.rollout.Sample;
import org.millrace.rollout.Scores;
import org.millrace.rollout.TokenizerVersion;
import org.millrace.rollout.Worker;

class ClerkTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final EndedRuns endedRuns = new EndedRuns(new MockConsumer<>("earliest"));
    private final Clerk clerk = new Clerk(
            new Worker(
                    prompt -> new Answers(
                            "policy",
                            new TokenizerVersion("words", 2),
                            new int[] {1, 2},
                            List.of(new Sample(
                                    0,
                                    new int[] {3, 4},
                                    new float[] {-1, -2},
                                    new long[] {7, 8},
                                    new boolean[] {false, true},
                                    "hi",
                                    false))),
                    (prompt, answers) -> new Scores("judge", 5, new float[] {1.5f}, new float[] {0}),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(1)),
            endedRuns,
            "rollout-9",
            4,
            Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void aRolloutCarriesAllThatTheTrainerNeeds() throws Exception {
        Reply reply = clerk.reply(record(1, prompt().toByteArray()));

        assertThat(reply.outcome()).isEqualTo("scored");
        assertThat(reply.records()).hasSize(2);
        RolloutCompleted rollout = read(reply.records().get(0), RolloutCompleted.class);
        assertThat(rollout)
                .isEqualTo(RolloutCompleted.newBuilder()
                        .setRolloutId(reply.records().get(0).key())
                        .setPromptId("p")
                        .setRunId("run")
                        .setRound(2)
                        .addPromptTokens(1)
                        .addPromptTokens(2)
                        .addTokens(3)
                        .addTokens(4)
                        .addLogProbs(-1)
                        .addLogProbs(-2)
                        .addModelVersions(7)
                        .addModelVersions(8)
                        .setFinish(RolloutCompleted.Finish.FINISH_LENGTH)
                        .setSampling(Sampling.newBuilder().setTemperature(1).setSeed(3))
                        .setPolicy("policy")
                        .setCompletedAtMs(NOW.toEpochMilli())
                        .setWorker("rollout-9")
                        .addForced(false)
                        .addForced(true)
                        .build());
        assertThat(read(reply.records().get(1), RewardScored.class))
                .isEqualTo(RewardScored.newBuilder()
                        .setRolloutId(rollout.getRolloutId())
                        .setRunId("run")
                        .setRound(2)
                        .setReward(1.5f)
                        .setRewardModel("judge")
                        .setRewardModelVersion(5)
                        .setVerified(0)
                        .setScoredAtMs(NOW.toEpochMilli())
                        .build());
    }

    @Test
    void aPromptThatKeepsComingBackIsADeadLetter() throws Exception {
        assertThat(clerk.reply(record(3, prompt().toByteArray())).outcome()).isEqualTo("scored");

        Reply last = clerk.reply(record(4, prompt().toByteArray()));

        assertThat(last.outcome()).isEqualTo("poisonous");
        assertThat(reason(last)).isEqualTo("delivered 4 times, never finished");
    }

    @Test
    void bytesThatAreNoPromptAreADeadLetterUntouched() throws Exception {
        byte[] noise = {(byte) 0xff, 1, 2};

        Reply reply = clerk.reply(record(1, noise));

        assertThat(reply.outcome()).isEqualTo("unreadable");
        assertThat(reply.records().getFirst().value()).isEqualTo(noise);
        assertThat(reply.records().getFirst().topic()).isEqualTo("prompts.submitted.v1.dlq");
    }

    @Test
    void aPromptWithoutARoleIsADeadLetter() throws Exception {
        PromptSubmitted prompt = prompt().toBuilder()
                .setMessages(0, Message.newBuilder().setContent("why?"))
                .build();

        assertThat(reason(clerk.reply(record(1, prompt.toByteArray()))))
                .isEqualTo("messages.role: expected a role, got ROLE_UNSPECIFIED");
    }

    @ParameterizedTest
    @EnumSource(names = {"STATE_SUCCEEDED", "STATE_FAILED", "STATE_CANCELLED"})
    void aPromptOfARunThatHasEndedIsLetGo(State end) throws Exception {
        endedRuns.note(job(end, 0));

        Reply reply = clerk.reply(record(1, prompt().toByteArray()));

        assertThat(reply).isEqualTo(new Reply("ended", 0, List.of()));
    }

    /// As it is after its trainer was stopped, or killed and started again.
    @ParameterizedTest
    @EnumSource(names = {"STATE_QUEUED", "STATE_RUNNING"})
    void aRunThatIsTakenUpAgainHasNotEnded(State state) throws Exception {
        endedRuns.note(job(state, 0));

        assertThat(clerk.reply(record(1, prompt().toByteArray())).outcome()).isEqualTo("scored");
    }

    /// Somebody removed the run from the log, and its name was given again: the worker hears of both later.
    @Test
    void theNamesakeOfARunThatHasEndedIsAnswered() throws Exception {
        endedRuns.note(job(State.STATE_CANCELLED, -1));

        assertThat(clerk.reply(record(1, prompt().toByteArray())).outcome()).isEqualTo("scored");
    }

    @Test
    void aRunThatWasRemovedFromTheLogIsForgotten() throws Exception {
        endedRuns.note(job(State.STATE_CANCELLED, 0));
        endedRuns.note(new ConsumerRecord<>("training.jobs.v1", 0, 1, "run", null));

        assertThat(clerk.reply(record(1, prompt().toByteArray())).outcome()).isEqualTo("scored");
    }

    /// @param at when it stood like this; the prompts here were published at 0
    private static ConsumerRecord<String, byte[]> job(State state, long at) {
        TrainingJob job = TrainingJob.newBuilder()
                .setRunId("run")
                .setState(state)
                .setUpdatedAtMs(at)
                .build();
        return new ConsumerRecord<>("training.jobs.v1", 0, 0, "run", job.toByteArray());
    }

    private static PromptSubmitted prompt() {
        return PromptSubmitted.newBuilder()
                .setPromptId("p")
                .setRunId("run")
                .setRound(2)
                .setUse(PromptSubmitted.Use.USE_TRAIN)
                .addMessages(
                        Message.newBuilder().setRole(Message.Role.ROLE_USER).setContent("why?"))
                .setSamples(1)
                .setSampling(Sampling.newBuilder().setTemperature(1).setSeed(3))
                .build();
    }

    private static String reason(Reply reply) {
        return new String(
                reply.records()
                        .getFirst()
                        .headers()
                        .lastHeader(DeadLetters.REASON)
                        .value(),
                StandardCharsets.UTF_8);
    }

    private static <M extends com.google.protobuf.Message> M read(ProducerRecord<String, byte[]> record, Class<M> type)
            throws BadRecord {
        return Events.read(record(1, record.value(), record.headers()), type);
    }

    private static ConsumerRecord<String, byte[]> record(int deliveries, byte[] value) {
        return record(deliveries, value, new RecordHeaders());
    }

    private static ConsumerRecord<String, byte[]> record(int deliveries, byte[] value, Headers headers) {
        return new ConsumerRecord<>(
                "prompts.submitted.v1",
                0,
                0,
                0,
                TimestampType.CREATE_TIME,
                1,
                value.length,
                "p",
                value,
                headers,
                Optional.empty(),
                Optional.of((short) deliveries));
    }
}
