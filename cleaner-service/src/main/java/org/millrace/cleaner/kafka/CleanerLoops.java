package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.Retractions;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.Store;
import org.millrace.events.Events;
import org.millrace.exactlyonce.BatchTransform;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.proto.events.v1.DocumentProposed;
import org.millrace.proto.events.v1.PageFetched;

/// The two loops of this service and their clients. They run in one process because one of them is
/// busy and the other is cheap; they share nothing but the log.
///
/// ```text
///   pages.fetched ─► PageTransform ─► documents.proposed (1 partition) ─► DuplicateStage ─► documents.cleaned
///                       ▲    └───────────► documents.dropped ◄───────────────┤
///   what people retract ┘                                                    └─► documents.retracted
/// ```
final class CleanerLoops implements AutoCloseable {

    private static final String GROUP = "cleaner";

    /// A broker sends whole batches, however little is asked for: this asks for one of them.
    private static final Map<String, Object> ONE_RECORD =
            Map.of(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1 << 10, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);

    private final Map<String, Object> broker;
    private final Settings settings;
    private final Work pages;
    private final Work duplicates;

    /// @param instance stable name of this instance
    /// @param maximumRecords most records in one transaction
    record Settings(String instance, Duration pollTimeout, int maximumRecords, Duplicates.Settings duplicates) {}

    private record Work(
            TransactionalLoop loop,
            Thread thread,
            Runnable close,
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer) {}

    /// @param broker connection settings of the clients
    /// @param index of documents, closed with the loops
    /// @param whenDead called on a loop's thread if it dies; the process should end then
    CleanerLoops(
            Map<String, Object> broker,
            Settings settings,
            Cleaner cleaner,
            ArtifactStore artifacts,
            Store index,
            MeterRegistry metrics,
            Thread.UncaughtExceptionHandler whenDead) {
        this.broker = broker;
        this.settings = settings;
        Consumer<String, byte[]> fetched = consumer("pages");
        Membership judging = new Membership(fetched, System::nanoTime);
        Retractions retractions = new Retractions();
        RetractionLog retracted = new RetractionLog(reader(Map.of()), retractions, judging::keep, System::nanoTime);
        BatchTransform judge = BatchTransform.each(GROUP, new PageTransform(cleaner, artifacts, retractions, metrics));
        BatchTransform pageStage = batch -> {
            retracted.catchUp();
            return judge.apply(batch);
        };
        pages = work("pages", fetched, pageStage, retracted::close, metrics, whenDead);
        fetched.subscribe(List.of(Events.topicName(PageFetched.class)));
        Consumer<String, byte[]> proposed = consumer("duplicates");
        Membership deciding = new Membership(proposed, System::nanoTime);
        DuplicateStage stage = new DuplicateStage(
                new KafkaProposalLog(
                        () -> reader(Map.of()),
                        () -> reader(ONE_RECORD),
                        () -> Admin.create(this.broker),
                        deciding::keep),
                index,
                settings.duplicates(),
                metrics);
        duplicates = work("duplicates", proposed, stage, stage::close, metrics, whenDead);
        proposed.subscribe(List.of(Events.topicName(DocumentProposed.class)), stage);
    }

    private String name(String step) {
        return GROUP + "-" + step + "-" + settings.instance();
    }

    private Consumer<String, byte[]> consumer(String step) {
        Map<String, Object> more = Map.of(
                // A restarted instance takes its partitions back at once instead of waiting for its ghost
                // to time out; a dead one loses them after the session.
                ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
                name(step),
                ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                10_000,
                // A member hears with its next heartbeat that partitions are to be shared anew.
                ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                1_000,
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                settings.maximumRecords());
        return new KafkaConsumer<>(
                merged(merged(broker, TransactionalLoop.consumerSettings(GROUP)), more),
                new StringDeserializer(),
                new ByteArrayDeserializer());
    }

    private Work work(
            String step,
            Consumer<String, byte[]> consumer,
            BatchTransform transform,
            Runnable close,
            MeterRegistry metrics,
            Thread.UncaughtExceptionHandler whenDead) {
        String name = name(step);
        Producer<String, byte[]> producer = new KafkaProducer<>(
                merged(broker, TransactionalLoop.producerSettings(name)),
                new StringSerializer(),
                new ByteArraySerializer());
        TransactionalLoop loop = new TransactionalLoop(consumer, producer, transform, settings.pollTimeout());
        metrics.gauge("lag_records", Tags.of("step", step), loop, TransactionalLoop::lag);
        Thread thread = Thread.ofPlatform()
                .name(name)
                .uncaughtExceptionHandler(whenDead)
                .unstarted(loop);
        return new Work(loop, thread, close, consumer, producer);
    }

    private Consumer<String, byte[]> reader(Map<String, Object> more) {
        Map<String, Object> alone = merged(broker, TransactionalLoop.consumerSettings(GROUP));
        alone.remove(ConsumerConfig.GROUP_ID_CONFIG);
        return new KafkaConsumer<>(merged(alone, more), new StringDeserializer(), new ByteArrayDeserializer());
    }

    private static Map<String, Object> merged(Map<String, Object> base, Map<String, Object> more) {
        Map<String, Object> merged = new HashMap<>(base);
        merged.putAll(more);
        return merged;
    }

    void start() {
        both().forEach(work -> work.thread.start());
    }

    boolean isAlive() {
        return both().allMatch(work -> work.thread.isAlive());
    }

    /// Lets the batches in hand finish; what does not finish is aborted by the broker and done again.
    @Override
    public void close() throws InterruptedException {
        both().forEach(work -> work.loop.stop());
        for (Work work : both().toList()) {
            work.thread.join(Duration.ofSeconds(10));
            work.producer.close(Duration.ofSeconds(5));
            if (!work.thread.isAlive()) { // a consumer and an index belong to their thread
                // Stopped on purpose, it hands its partitions over at once; killed, it keeps them for a while.
                work.consumer.close(
                        CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                                .withTimeout(Duration.ofSeconds(5)));
                work.close.run();
            }
        }
    }

    private Stream<Work> both() {
        return Stream.of(pages, duplicates);
    }
}
