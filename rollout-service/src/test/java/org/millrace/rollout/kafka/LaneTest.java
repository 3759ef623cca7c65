package org.millrace.rollout.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.MockShareConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRecordStateException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.rollout.Answers;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.Sample;
import org.millrace.rollout.Scores;
import org.millrace.rollout.Telemetry;
import org.millrace.rollout.TokenizerVersion;
import org.millrace.rollout.Worker;
import org.millrace.rollout.kafka.Publisher.Aborted;

/// How a lane ends, and what becomes of the prompt that it holds: what is published, what the group hears, what the
/// span says.
class LaneTest {

    private static final String PROMPTS = Events.topicName(PromptSubmitted.class);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(100);

    private final Group group = new Group();
    private final Log log = new Log();
    private final CountDownLatch policyMayAnswer = new CountDownLatch(1);
    private final AtomicBoolean policyWasAsked = new AtomicBoolean();
    private final AtomicBoolean policyWasCutOff = new AtomicBoolean();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Meters meters = new Meters(registry);
    private final Publisher publisher = new Publisher(log, meters.transactions());
    private final InMemorySpanExporter exported = InMemorySpanExporter.create();
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exported))
                    .build())
            .build();
    private final Clerk clerk = new Clerk(
            new Worker(this::answer, (prompt, answers) -> scores(), SHORT, LONG),
            new EndedRuns(new MockConsumer<>("earliest")),
            "rollout-9",
            4,
            Clock.systemUTC());

    @AfterEach
    void stop() {
        policyMayAnswer.countDown();
        publisher.stop();
        telemetry.close();
    }

    @Test
    void anAnsweredPromptIsPublishedAndThenAccepted() throws Exception {
        policyMayAnswer.countDown();
        group.hold(7);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).until(() -> group.heard.equals(List.of("ACCEPT 7")));

        lane.stop();

        lane.end();
        assertThat(log.history()).hasSize(2);
        assertThat(outcome(span(7))).isEqualTo("scored");
    }

    @Test
    void whatIsAbortedTwiceIsPublishedAtTheThirdTry() throws Exception {
        policyMayAnswer.countDown();
        log.refusals = 2;
        group.hold(7);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).until(() -> group.heard.equals(List.of("ACCEPT 7")));

        lane.stop();

        lane.end();
        assertThat(log.history()).hasSize(2);
        assertThat(log.transactions).isEqualTo(3);
    }

    @Test
    void whatIsAbortedThreeTimesEndsTheLaneAndStaysUnsettled() {
        policyMayAnswer.countDown();
        log.refusals = Integer.MAX_VALUE;
        group.hold(7);

        Running lane = start(LONG, LONG);

        assertThatThrownBy(lane::end)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cannot publish the reply to topic=prompts.submitted.v1 partition=0 offset=7")
                .hasCauseInstanceOf(Aborted.class);
        assertThat(log.transactions).isEqualTo(3);
        assertThat(log.history()).isEmpty();
        assertThat(group.heard).isEmpty();
        assertThat(span(7).getStatus()).isEqualTo(StatusData.error());
        assertThat(errorType(span(7))).isEqualTo("java.lang.IllegalStateException");
        assertThat(outcome(span(7))).isNull();
        assertThat(registry.get("millrace_rollout_in_flight_prompts").gauge().value())
                .isZero();
    }

    @Test
    void aReplyThatIsTooLargeBecomesADeadLetter() throws Exception {
        policyMayAnswer.countDown();
        log.takesOnlyDeadLetters = true;
        group.hold(7);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).until(() -> group.heard.equals(List.of("ACCEPT 7")));

        lane.stop();

        lane.end();
        assertThat(log.history()).hasSize(1);
        ProducerRecord<String, byte[]> letter = log.history().getFirst();
        assertThat(letter.topic()).isEqualTo(Events.deadLetterTopic(PROMPTS));
        assertThat(letter.value()).isEqualTo(Group.record(7).value());
        assertThat(new String(letter.headers().lastHeader(DeadLetters.REASON).value(), StandardCharsets.UTF_8))
                .isEqualTo("its reply is too large for the log");
        assertThat(outcome(span(7))).isEqualTo("oversized");
    }

    @Test
    void aSlowPromptIsRenewedUntilItIsAnswered() throws Exception {
        group.hold(7);
        Running lane = start(SHORT, LONG);
        await().atMost(LONG).until(() -> group.heard.size() >= 2);

        policyMayAnswer.countDown();

        await().atMost(LONG).until(() -> group.heard.contains("ACCEPT 7"));
        lane.stop();
        lane.end();
        assertThat(group.heard.subList(0, group.heard.size() - 1)).containsOnly("RENEW 7");
        assertThat(log.history()).hasSize(2);
        assertThat(lostLocks()).isZero();
    }

    @Test
    void aPromptThatCannotBeRenewedIsAnsweredAndTheOneThatCameInsteadIsNext() throws Exception {
        group.renews = false;
        group.hold(7);
        group.hold(8);
        Running lane = start(SHORT, LONG);
        await().atMost(LONG).until(() -> group.given == 2);
        assertThat(log.history()).isEmpty();

        policyMayAnswer.countDown();

        await().atMost(LONG).until(() -> group.heard.contains("ACCEPT 8"));
        lane.stop();
        lane.end();
        assertThat(group.heard)
                .filteredOn(said -> !said.equals("RENEW 8")) // where the machine is slow
                .containsExactly("RENEW 7", "ACCEPT 8");
        assertThat(log.history()).hasSize(4);
        assertThat(lostLocks()).isEqualTo(1);
        assertThat(outcome(span(7))).isEqualTo("scored");
        assertThat(outcome(span(8))).isEqualTo("scored");
        assertThat(span(8).getStartEpochNanos()).isGreaterThanOrEqualTo(span(7).getEndEpochNanos());
    }

    @Test
    void aPromptThatNeitherComesBackNorIsReplacedIsAnsweredAndNotSettled() throws Exception {
        group.renews = false;
        group.hold(7);
        Running lane = start(SHORT, LONG);
        await().atMost(LONG).until(() -> lostLocks() == 1);

        policyMayAnswer.countDown();

        await().atMost(LONG).until(() -> log.history().size() == 2);
        lane.stop();
        lane.end();
        assertThat(group.heard).containsExactly("RENEW 7");
    }

    @Test
    void whatIsSettledTooLateIsCounted() throws Exception {
        policyMayAnswer.countDown();
        group.refusal = new InvalidRecordStateException("it is somebody else's");
        group.hold(7);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).until(() -> lostLocks() == 1);

        lane.stop();

        lane.end();
        assertThat(log.history()).hasSize(2);
    }

    @Test
    void aLaneThatIsToldToStopFinishesItsPromptAndTakesNoOther() throws Exception {
        group.hold(7);
        group.hold(8);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).until(() -> group.given == 1);

        lane.stop();
        policyMayAnswer.countDown();

        lane.end();
        assertThat(group.heard).containsExactly("ACCEPT 7");
        assertThat(group.given).isEqualTo(1);
        assertThat(log.history()).hasSize(2);
    }

    @Test
    void afterTheDrainThePromptGoesBackToTheGroup() throws Exception {
        group.hold(7);
        Running lane = start(LONG, SHORT);
        await().atMost(LONG).untilTrue(policyWasAsked);

        lane.stop();

        lane.end();
        assertThat(group.heard).containsExactly("RELEASE 7");
        assertThat(policyWasCutOff).isTrue();
        assertThat(log.history()).isEmpty();
        assertThat(span(7).getStatus().getDescription()).isEqualTo("released");
    }

    /// It will be a dead letter, when it has been delivered often enough.
    @Test
    void aPromptThatMeetsABugGoesBackToTheGroupAndTheLaneGoesOn() throws Exception {
        policyMayAnswer.countDown();
        group.add(Group.record(7, "break me"));
        group.hold(8);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).until(() -> group.heard.equals(List.of("RELEASE 7", "ACCEPT 8")));

        lane.stop();

        lane.end();
        assertThat(log.history()).hasSize(2);
        assertThat(span(7).getStatus().getDescription()).isEqualTo("released");
    }

    @Test
    void anInterruptEndsTheLaneAndTheAnswerAndStaysKnown() {
        group.hold(7);
        Running lane = start(LONG, LONG);
        await().atMost(LONG).untilTrue(policyWasAsked);

        lane.thread().interrupt();

        assertThatThrownBy(lane::end)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a lane is stopped by stop() alone")
                .hasCauseInstanceOf(InterruptedException.class);
        await().atMost(LONG).untilTrue(policyWasCutOff);
        assertThat(lane.endedInterrupted()).isTrue();
        assertThat(log.history()).isEmpty();
        assertThat(group.heard).isEmpty();
        assertThat(errorType(span(7))).isEqualTo("java.lang.InterruptedException");
    }

    private Answers answer(Prompt prompt) throws InterruptedException {
        if (prompt.turns().getLast().text().equals("break me")) {
            throw new IllegalArgumentException("a bug, or a machine that broke");
        }
        policyWasAsked.set(true);
        try {
            policyMayAnswer.await();
        } catch (InterruptedException e) {
            policyWasCutOff.set(true);
            throw e;
        }
        return new Answers(
                "policy",
                new TokenizerVersion("words", 2),
                new int[] {1, 2},
                List.of(new Sample(
                        0, new int[] {3}, new float[] {-1}, new long[] {7}, new boolean[] {false}, "because", true)));
    }

    private static Scores scores() {
        return new Scores("judge", 5, new float[] {1.5f}, new float[] {0});
    }

    private Running start(Duration lock, Duration drain) {
        Thread.ofPlatform().daemon().name("publisher").start(publisher);
        Lane lane =
                new Lane(group, publisher, clerk, meters, new PromptSpans(telemetry, Telemetry.SETTINGS), lock, drain);
        var interrupted = new AtomicBoolean();
        FutureTask<Boolean> run = new FutureTask<>(() -> {
            try {
                lane.run();
            } finally {
                interrupted.set(Thread.currentThread().isInterrupted());
            }
            return true;
        });
        return new Running(lane, Thread.ofPlatform().daemon().name("lane").start(run), run, interrupted);
    }

    private record Running(Lane lane, Thread thread, Future<Boolean> run, AtomicBoolean interrupted) {

        void stop() {
            lane.stop();
        }

        void end() throws Exception {
            run.get(LONG.toSeconds(), TimeUnit.SECONDS);
        }

        boolean endedInterrupted() {
            return interrupted.get();
        }
    }

    private double lostLocks() {
        return registry.get("millrace_rollout_lost_locks").counter().count();
    }

    private SpanData span(long offset) {
        return exported.getFinishedSpanItems().stream()
                .filter(span -> Long.valueOf(offset)
                        .equals(span.getAttributes().get(AttributeKey.longKey("messaging.kafka.offset"))))
                .findFirst()
                .orElseThrow();
    }

    private static @Nullable String outcome(SpanData span) {
        return span.getAttributes().get(AttributeKey.stringKey("millrace.outcome"));
    }

    private static @Nullable String errorType(SpanData span) {
        return span.getAttributes().get(AttributeKey.stringKey("error.type"));
    }

    /// A group with one consumer. It gives out one record at a time, never while the one before is unsettled, and hears
    /// what is said of a record with the next call, as the broker does.
    private static final class Group extends MockShareConsumer<String, byte[]> {

        private static final TopicPartition PARTITION = new TopicPartition(PROMPTS, 0);

        private final BlockingDeque<ConsumerRecord<String, byte[]>> waiting = new LinkedBlockingDeque<>();
        private final List<String> heard = new CopyOnWriteArrayList<>();
        private volatile boolean renews = true;
        private volatile @Nullable KafkaException refusal;
        private volatile int given;
        private boolean holding;
        private @Nullable String said;

        void hold(long offset) {
            add(record(offset));
        }

        void add(ConsumerRecord<String, byte[]> record) {
            waiting.add(record);
        }

        static ConsumerRecord<String, byte[]> record(long offset) {
            return record(offset, "why?");
        }

        static ConsumerRecord<String, byte[]> record(long offset, String question) {
            byte[] prompt = PromptSubmitted.newBuilder()
                    .setPromptId("p" + offset)
                    .setRunId("run")
                    .setRound(1)
                    .setUse(PromptSubmitted.Use.USE_TRAIN)
                    .setSamples(1)
                    .addMessages(
                            Message.newBuilder().setRole(Message.Role.ROLE_USER).setContent(question))
                    .build()
                    .toByteArray();
            return new ConsumerRecord<>(PROMPTS, PARTITION.partition(), offset, "p" + offset, prompt);
        }

        /// Does not wait for as long as it may.
        @Override
        public synchronized ConsumerRecords<String, byte[]> poll(Duration timeout) {
            if (holding) {
                throw new IllegalStateException("the record before is not acknowledged");
            }
            hear();
            ConsumerRecord<String, byte[]> record;
            try {
                record = waiting.poll(1, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new org.apache.kafka.common.errors.InterruptException(e);
            }
            if (record == null) {
                return ConsumerRecords.empty();
            }
            holding = true;
            given++;
            return new ConsumerRecords<>(Map.of(PARTITION, List.of(record)), Map.of());
        }

        @Override
        public synchronized void acknowledge(ConsumerRecord<String, byte[]> record, AcknowledgeType type) {
            said = type.name() + " " + record.offset();
            holding = false;
            if (type == AcknowledgeType.RENEW && (renews || record.offset() != 7)) {
                waiting.addFirst(record);
            }
        }

        @Override
        public synchronized Map<TopicIdPartition, Optional<KafkaException>> commitSync(Duration timeout) {
            hear();
            return Map.of(new TopicIdPartition(Uuid.ONE_UUID, PARTITION), Optional.ofNullable(refusal));
        }

        private void hear() {
            if (said != null) {
                heard.add(said);
                said = null;
            }
        }
    }

    /// Where the publisher writes to.
    private static final class Log extends MockProducer<String, byte[]> {

        private volatile int refusals;
        private volatile boolean takesOnlyDeadLetters;
        private volatile int transactions;

        Log() {
            super(true, null, new StringSerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized void beginTransaction() {
            transactions++;
            super.beginTransaction();
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<String, byte[]> record) {
            if (refusals > 0) {
                refusals--;
                throw new KafkaException("not now");
            }
            if (takesOnlyDeadLetters && !record.topic().equals(Events.deadLetterTopic(PROMPTS))) {
                throw new KafkaException(new RecordTooLargeException("2 MiB"));
            }
            return super.send(record);
        }
    }
}
