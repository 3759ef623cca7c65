package org.millrace.rollout.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RewardScored;
import org.millrace.proto.events.v1.RolloutCompleted;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.rollout.grpc.FakeServers;
import org.millrace.testkit.BrokerExtension;

/// Workers on a real broker, with servers on real ports. All workers are of one group: what one test leaves unsettled
/// must not be there in the next.
class RolloutBrokerTest {

    @RegisterExtension
    static final BrokerExtension BROKER = BrokerExtension.emptiedForEachTest();

    private static final String PROMPTS = Events.topicName(PromptSubmitted.class);
    private static final Duration SOON = Duration.ofSeconds(120);

    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final List<WorkerProcess> workers = new ArrayList<>();
    private FakeServers servers;
    private KafkaProducer<String, byte[]> prompts;
    private KafkaConsumer<String, byte[]> published;
    private final List<ConsumerRecord<String, byte[]>> log = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        servers = FakeServers.start();
        prompts = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer());
        published = new KafkaConsumer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers(), "isolation.level", "read_committed"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : List.of(
                Events.topicName(RolloutCompleted.class),
                Events.topicName(RewardScored.class),
                Events.topicName(ComparisonRequested.class),
                Events.deadLetterTopic(PROMPTS))) {
            published
                    .partitionsFor(topic)
                    .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        }
        published.assign(partitions);
        published.seekToEnd(partitions);
        partitions.forEach(published::position);
    }

    @AfterEach
    void stop() throws Exception {
        for (WorkerProcess worker : workers) {
            worker.close();
        }
        published.close();
        prompts.close();
        servers.close();
    }

    @Test
    void twoWorkersShareThePromptsAndOneIsKilled() throws Exception {
        servers.delay(Duration.ofMillis(40));
        Process doomed = process("doomed");
        try {
            for (int i = 0; i < 100; i++) {
                submit(train("prompt " + i, 2));
            }
            await().atMost(SOON).until(() -> answeredBy("rollout-doomed") >= 20);
            workers.add(worker(Map.of("instance", "survivor", "lock", WorkerProcess.LOCK)));
            for (int i = 100; i < 200; i++) {
                submit(train("prompt " + i, 2));
            }
            await().atMost(SOON).until(() -> answeredBy("rollout-survivor") >= 20);
        } finally {
            assertThat(doomed.destroyForcibly().waitFor(SOON)).isTrue();
        }

        await().atMost(SOON)
                .until(() -> ids(rollouts()).size() >= 400 && ids(rewards()).size() >= 400);
        await().atMost(SOON).until(() -> workers.getFirst().inFlight() == 0);

        assertThat(ids(rollouts())).hasSize(400).isEqualTo(ids(rewards()));
        await("each rollout is published together with its reward, however often")
                .atMost(SOON) // what the killed worker held may come again, and is read from two topics
                .until(() -> counts(rollouts().stream()
                                .map(RolloutCompleted::getRolloutId)
                                .toList())
                        .equals(counts(rewards().stream()
                                .map(RewardScored::getRolloutId)
                                .toList())));
        assertThat(rollouts()).extracting(RolloutCompleted::getWorker).contains("rollout-doomed", "rollout-survivor");
        assertThat(rollouts().size() - 400)
                .as("only what the killed worker had in flight may be there twice")
                .isBetween(0, 16);
        assertThat(letters()).isEmpty();
    }

    @Test
    void badPromptsBecomeDeadLettersAndHoldNobodyUp() throws Exception {
        workers.add(worker(Map.of()));
        prompts.send(new ProducerRecord<>(PROMPTS, run, "no protobuf".getBytes(StandardCharsets.UTF_8)))
                .get(SOON.toSeconds(), TimeUnit.SECONDS);
        submit(train("none", 2).toBuilder().clearMessages().build());
        submit(train("many", 65));
        submit(train("no use", 2).toBuilder().clearUse().build());
        submit(train("refuse me", 2));
        submit(train("a good one", 2));

        await().atMost(SOON)
                .until(() -> ids(rollouts()).size() == 2 && letters().size() == 5);
        assertThat(letters().values())
                .anyMatch(reason -> reason.startsWith("value: "))
                .contains(
                        "messages: expected at least one, got none",
                        "samples: expected 1 to 64 for TRAIN, got 65",
                        "use: expected USE_COMPARE or USE_TRAIN, got USE_UNSPECIFIED",
                        "policy: INVALID_ARGUMENT: conversation: expected at most 128 tokens, got 300");
        await().atMost(SOON).until(() -> workers.getFirst().inFlight() == 0);
    }

    @Test
    void aPolicyThatWasAwayGetsEveryPromptOnceItIsBack() throws Exception {
        servers.fail(Status.UNAVAILABLE.withDescription("restarting"));
        workers.add(worker(Map.of()));
        for (int i = 0; i < 20; i++) {
            submit(train("prompt " + i, 1));
        }
        await().atMost(SOON).until(() -> servers.generateCalls() > 0);
        int before = servers.generateCalls();
        long start = System.nanoTime();
        await().pollDelay(Duration.ofSeconds(2)).atMost(SOON).until(() -> true);
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(servers.generateCalls() - before).isLessThanOrEqualTo(8 + (int) Math.ceil(10 * seconds));
        int port = servers.port();
        servers.close();
        servers = FakeServers.start(port);

        await().atMost(SOON).until(() -> ids(rollouts()).size() == 20);
        assertThat(rollouts()).hasSize(20);
        assertThat(letters()).isEmpty();
    }

    /// One was cancelled; the other had ended as little as its trainer is there.
    @Test
    void promptsOfARunThatHasEndedAreLetGo() throws Exception {
        String over = run + "-over";
        for (int i = 0; i < 20; i++) {
            submit(train("late " + i, 1).toBuilder().setRunId(over).build());
        }
        submit(train("in time", 1));
        stands(over, State.STATE_RUNNING);
        stands(run, State.STATE_RUNNING);
        stands(over, State.STATE_CANCELLED);
        stands(run, State.STATE_QUEUED);
        WorkerProcess worker = worker(Map.of());
        workers.add(worker);

        await().atMost(SOON).until(() -> worker.settled("ended") == 20 && worker.settled("scored") == 1);
        assertThat(servers.generateCalls()).isEqualTo(1);
        assertThat(read(RolloutCompleted.class))
                .extracting(RolloutCompleted::getRunId)
                .containsExactly(run);
        assertThat(letters()).isEmpty();
    }

    private void stands(String runId, State state) throws Exception {
        TrainingJob job = TrainingJob.newBuilder()
                .setRunId(runId)
                .setState(state)
                .setUpdatedAtMs(System.currentTimeMillis())
                .build();
        prompts.send(new Events("test").record(runId, job)).get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aPromptInFlightIsRenewedPastItsLock() throws Exception {
        servers.fail(Status.UNAVAILABLE);
        WorkerProcess worker = worker(Map.of("lock", "PT10S", "concurrency", "4"));
        workers.add(worker);
        for (int i = 0; i < 4; i++) {
            submit(train("prompt " + i, 1));
        }
        await().atMost(SOON).until(() -> worker.inFlight() == 4);
        await().pollDelay(Duration.ofSeconds(16)).atMost(SOON).until(() -> true); // the lock is over, and its renewal
        servers.work();

        await().atMost(SOON).until(() -> ids(rollouts()).size() == 4 && worker.inFlight() == 0);
        assertThat(rollouts()).hasSize(4);
        assertThat(worker.counted("millrace_rollout_redelivered_prompts")).isZero();
        assertThat(worker.counted("millrace_rollout_lost_locks")).isZero();
    }

    @Test
    void differentAnswersAreComparedAndEqualOnesAreNot() throws Exception {
        workers.add(worker(Map.of()));
        submit(compare("say the same", 3));
        submit(compare("why?", 3));

        await().atMost(SOON).until(() -> comparisons().size() == 1);
        await().atMost(SOON).until(() -> workers.getFirst().settled("alike") == 1);
        ComparisonRequested comparison = comparisons().getFirst();
        assertThat(comparison.getCandidatesList())
                .extracting(candidate -> candidate.getText())
                .containsExactly("why? 0", "why? 1", "why? 2");
        assertThat(comparison.getCandidates(1).getTokensList()).containsExactly(11, 5, 5);
        assertThat(comparison.getPromptTokensList()).containsExactly(1, 2);
        assertThat(comparison.getTokenizer()).isEqualTo("words");
        assertThat(comparison.getTokenizerVersion()).isEqualTo(2);
        assertThat(comparison.getMessagesList()).extracting(Message::getContent).containsExactly("why?");
        assertThat(comparison.getReference()).isEqualTo("right");
        assertThat(comparisons()).hasSize(1);
    }

    @Test
    void aWorkerThatIsToldToStopFinishesWhatItHolds() throws Exception {
        servers.delay(Duration.ofMillis(500));
        WorkerProcess worker = worker(Map.of("concurrency", "4"));
        for (int i = 0; i < 4; i++) {
            submit(train("prompt " + i, 1));
        }
        await().atMost(SOON).until(() -> worker.inFlight() > 0);
        int held = (int) worker.inFlight();

        worker.close();

        assertThat(worker.isWorking()).isFalse();
        await().atMost(SOON).until(() -> ids(rollouts()).size() >= held);
        workers.add(worker(Map.of("instance", "next")));
        await().atMost(SOON).until(() -> ids(rollouts()).size() == 4);
        assertThat(rollouts()).hasSize(4);
    }

    @Test
    void aDrainThatIsOverGivesPromptsBack() throws Exception {
        servers.delay(Duration.ofSeconds(60));
        WorkerProcess worker = worker(Map.of("concurrency", "2", "drain", "PT0.5S"));
        submit(train("prompt", 1));
        await().atMost(SOON).until(() -> worker.inFlight() > 0);

        worker.close();

        servers.delay(Duration.ZERO);
        workers.add(worker(Map.of("instance", "next")));
        await().atMost(SOON).until(() -> ids(rollouts()).size() == 1);
        assertThat(rollouts()).extracting(RolloutCompleted::getWorker).containsExactly("rollout-next");
    }

    @Test
    void aPromptsTraceGoesOnThroughBothServersToItsRollouts() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        InMemorySpanExporter exported = InMemorySpanExporter.create();
        List<SpanData> spans;
        try (OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exported))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build()) {
            workers.add(new WorkerProcess(BROKER.bootstrapServers(), servers.target(), Map.of(), telemetry));
            PromptSubmitted prompt = train("a secret question", 2);
            var record = new Events("test").record(prompt.getPromptId(), prompt);
            record.headers()
                    .add(
                            "traceparent",
                            "00-%s-00f067aa0ba902b7-01".formatted(trace).getBytes(US_ASCII));
            prompts.send(record).get(SOON.toSeconds(), TimeUnit.SECONDS);
            await().atMost(SOON).until(() -> rollouts().size() == 2 && rewards().size() == 2);
            await().atMost(SOON).until(() -> exported.getFinishedSpanItems().size() == 3);
            spans = exported.getFinishedSpanItems(); // which closing forgets
        }

        assertThat(spans).extracting(SpanData::getTraceId).containsOnly(trace);
        SpanData handling = spans.getLast();
        assertThat(handling.getName()).isEqualTo("process prompts.submitted.v1");
        assertThat(handling.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
        assertThat(handling.getAttributes().get(AttributeKey.stringKey("millrace.outcome")))
                .isEqualTo("scored");
        assertThat(spans.subList(0, 2)).extracting(SpanData::getParentSpanId).containsOnly(handling.getSpanId());
        assertThat(servers.traceParents())
                .isEqualTo(Map.of("Generate", traceParent(spans.get(0)), "Score", traceParent(spans.get(1))));
        assertThat(log)
                .filteredOn(record -> record.key() != null)
                .extracting(record -> DeadLetters.header(record, "traceparent"))
                .hasSize(4) // two rollouts and their rewards
                .containsOnly(traceParent(handling));
        assertThat(spans.toString()).doesNotContain("secret");
    }

    private static String traceParent(SpanData span) {
        return "00-%s-%s-01".formatted(span.getTraceId(), span.getSpanId());
    }

    private WorkerProcess worker(Map<String, String> more) {
        return new WorkerProcess(BROKER.bootstrapServers(), servers.target(), more);
    }

    private Process process(String instance) throws Exception {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WorkerProcess.class.getName(),
                        BROKER.bootstrapServers(),
                        servers.target(),
                        instance)
                .redirectErrorStream(true)
                .redirectOutput(
                        Path.of("target", "worker-%s.log".formatted(instance)).toFile())
                .start();
    }

    private void submit(PromptSubmitted prompt) throws Exception {
        prompts.send(new Events("test").record(prompt.getPromptId(), prompt)).get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private PromptSubmitted train(String question, int samples) {
        return prompt(question, samples).setUse(PromptSubmitted.Use.USE_TRAIN).build();
    }

    private PromptSubmitted compare(String question, int samples) {
        return prompt(question, samples).setUse(PromptSubmitted.Use.USE_COMPARE).build();
    }

    private PromptSubmitted.Builder prompt(String question, int samples) {
        return PromptSubmitted.newBuilder()
                .setPromptId(run + "-" + question)
                .setRunId(run)
                .setRound(1)
                .addMessages(
                        Message.newBuilder().setRole(Message.Role.ROLE_USER).setContent(question))
                .setSamples(samples)
                .setSampling(Sampling.newBuilder().setTemperature(1).setMaxTokens(8))
                .setPolicy("policy")
                .setReward("reward")
                .setReference("right");
    }

    private long answeredBy(String worker) {
        return rollouts().stream()
                .filter(rollout -> rollout.getWorker().equals(worker))
                .count();
    }

    private List<RolloutCompleted> rollouts() {
        return read(RolloutCompleted.class).stream()
                .filter(rollout -> rollout.getRunId().equals(run))
                .toList();
    }

    private List<RewardScored> rewards() {
        return read(RewardScored.class).stream()
                .filter(reward -> reward.getRunId().equals(run))
                .toList();
    }

    private List<ComparisonRequested> comparisons() {
        return read(ComparisonRequested.class).stream()
                .filter(comparison -> comparison.getPromptId().startsWith(run))
                .toList();
    }

    private <M extends com.google.protobuf.Message> List<M> read(Class<M> type) {
        drain();
        List<M> events = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : log) {
            if (record.topic().equals(Events.topicName(type))) {
                try {
                    events.add(Events.read(record, type));
                } catch (BadRecord e) {
                    throw new AssertionError("an unreadable event was published", e);
                }
            }
        }
        return events;
    }

    /// Offset → reason.
    private Map<Long, String> letters() {
        drain();
        Map<Long, String> letters = new HashMap<>();
        for (ConsumerRecord<String, byte[]> record : log) {
            if (record.topic().equals(Events.deadLetterTopic(PROMPTS))
                    && record.key().startsWith(run)) {
                letters.put(
                        record.offset(),
                        new String(
                                record.headers().lastHeader(DeadLetters.REASON).value(), StandardCharsets.UTF_8));
            }
        }
        return letters;
    }

    private void drain() {
        for (var batch = published.poll(Duration.ofMillis(100)); !batch.isEmpty(); ) {
            batch.forEach(log::add);
            batch = published.poll(Duration.ofMillis(100));
        }
    }

    private static Set<String> ids(List<? extends com.google.protobuf.Message> events) {
        Set<String> ids = new HashSet<>();
        for (com.google.protobuf.Message event : events) {
            ids.add(
                    event instanceof RolloutCompleted rollout
                            ? rollout.getRolloutId()
                            : ((RewardScored) event).getRolloutId());
        }
        return ids;
    }

    private static Map<String, Integer> counts(List<String> ids) {
        Map<String, Integer> counts = new HashMap<>();
        ids.forEach(id -> counts.merge(id, 1, Integer::sum));
        return counts;
    }
}
