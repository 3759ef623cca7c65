package org.millrace.tokenizer.kafka;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.tokenizer.Backlog;
import org.millrace.tokenizer.Retractions;
import org.millrace.tokenizer.Tally;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.Training;

/// The threads of an instance, and what they share.
///
/// ```text
///   news  ──tokenizers, retractions──►  shards  ──► shards.written, dead letters
///     ▲                                 (polls nothing before the first tokenizer)
///     └── tokenizers.published ◄── auto-training, or somebody's Train
/// ```
final class TokenizerLoops implements AutoCloseable {

    static final String GROUP = "tokenizer";

    private static final Duration STEP = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /// What the loops need to know of the settings.
    ///
    /// @param name of the tokenizer for shards; empty: the first published
    /// @param autoTrainBytes 0: never
    record Settings(
            String instance,
            Optional<String> name,
            double validationShare,
            long autoTrainBytes,
            Duration autoTrainInterval,
            int autoTrainVocabulary,
            int batchRecords,
            int batchBytes,
            Duration batchPatience,
            Duration pollTimeout) {}

    private final Tokenizers tokenizers;
    private final Tally tally = new Tally();
    private final News news;
    private final Training training;
    private final GroupLag lag;
    private final SettlingConsumer consumer;
    private final ShardProducer producer;
    private final TransactionalLoop loop;
    private final AutoTraining autoTraining;
    private final List<Thread> threads;
    private final Optional<Thread> autoTrainer;
    private final CountDownLatch stopped = new CountDownLatch(1);

    /// @param died told of a thread that ended in an exception
    TokenizerLoops(
            Map<String, Object> broker,
            Settings settings,
            ArtifactStore store,
            Path data,
            Clock clock,
            Thread.UncaughtExceptionHandler died) {
        Retractions retractions = new Retractions();
        Path scratch = data.resolve("scratch");
        tokenizers = new Tokenizers(settings.name());
        news = new News(broker, tokenizers, retractions, store, data.resolve("tokenizers"));
        training = new LogTraining(broker, news, tokenizers, retractions, store, scratch, clock);
        lag = new GroupLag(Admin.create(broker), GROUP);
        ShardTransform transform =
                new ShardTransform(tokenizers, retractions, store, scratch, settings.validationShare(), clock, tally);
        consumer = new SettlingConsumer(consumerSettings(broker, settings));
        producer = new ShardProducer(
                with(broker, TransactionalLoop.producerSettings("tokenizer-" + settings.instance())),
                tally,
                transform::committed);
        loop = new TransactionalLoop(consumer, producer, transform, settings.pollTimeout());
        autoTraining = new AutoTraining(
                broker,
                training,
                tokenizers,
                new Training.Order(
                        settings.name().orElse("default"),
                        settings.autoTrainVocabulary(),
                        Training.Order.DEFAULT_MAX_BYTES),
                settings.autoTrainBytes(),
                settings.autoTrainInterval());
        threads = List.of(thread("news", news, died), thread("shards", this::writeShards, died));
        autoTrainer = settings.autoTrainBytes() > 0
                ? Optional.of(thread("auto-training", autoTraining, died))
                : Optional.empty();
    }

    void start() {
        threads.forEach(Thread::start);
        autoTrainer.ifPresent(Thread::start);
    }

    boolean isAlive() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    Tokenizers tokenizers() {
        return tokenizers;
    }

    Tally tally() {
        return tally;
    }

    Training training() {
        return training;
    }

    Backlog backlog() {
        return lag;
    }

    @Override
    public void close() throws InterruptedException {
        stopped.countDown();
        autoTraining.stop();
        loop.stop();
        news.stop();
        for (Thread thread : threads) {
            thread.join(Duration.ofSeconds(15));
        }
        if (autoTrainer.isPresent()) {
            autoTrainer.get().join(Duration.ofSeconds(5));
        }
        lag.close();
    }

    private void writeShards() {
        try {
            if (awaitStart()) {
                consumer.subscribe(Inputs.TOPICS);
                loop.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            // Bounded, so that a broker that is gone does not hold up the end of the process.
            producer.close(CLOSE);
            consumer.close(CloseOptions.timeout(CLOSE));
        }
    }

    /// Retractions come first, or a retracted document could slip into the first shard.
    private boolean awaitStart() throws InterruptedException {
        while (stopped.getCount() > 0) {
            if (news.awaitCaughtUp(STEP) && tokenizers.awaitForShards(STEP)) {
                return true;
            }
        }
        return false;
    }

    private static Thread thread(String name, Runnable work, Thread.UncaughtExceptionHandler died) {
        return Thread.ofPlatform()
                .name("tokenizer-" + name)
                .uncaughtExceptionHandler(died)
                .unstarted(work);
    }

    private static Map<String, Object> consumerSettings(Map<String, Object> broker, Settings settings) {
        Map<String, Object> consumer = with(broker, TransactionalLoop.consumerSettings(GROUP));
        consumer.put("max.poll.records", settings.batchRecords());
        consumer.put("fetch.min.bytes", settings.batchBytes());
        consumer.put("fetch.max.wait.ms", (int) settings.batchPatience().toMillis());
        consumer.put("max.partition.fetch.bytes", Math.max(8 << 20, settings.batchBytes()));
        return consumer;
    }

    private static Map<String, Object> with(Map<String, Object> base, Map<String, Object> more) {
        Map<String, Object> merged = new HashMap<>(base);
        merged.putAll(more);
        return merged;
    }
}
