package org.millrace.tokenizer.kafka;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.SplitPattern;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.tokenizer.Backlog;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Selection;
import org.millrace.tokenizer.Tally;
import org.millrace.tokenizer.TokenizerConfig;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.Training;

/// The threads of an instance, and what they share.
///
/// ```text
///   news  ──tokenizers──►  shards  ──► shards.written, dead letters
///     ▲                    (polls nothing before the first tokenizer)
///     └── tokenizers.published ◄── auto-training, or somebody's Train
/// ```
final class TokenizerLoops implements AutoCloseable {

    /// For all threads together, to end what they are at.
    private static final Duration LAST_ROUND = Duration.ofSeconds(20);

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
            SplitPattern autoTrainPattern,
            int batchRecords,
            int batchBytes,
            Duration batchPatience,
            Duration pollTimeout) {

        static Settings of(TokenizerConfig config) {
            return new Settings(
                    config.instance(),
                    config.name(),
                    config.validationShare(),
                    config.autoTrainBytes(),
                    config.autoTrain().interval(),
                    config.autoTrain().vocabularySize(),
                    config.autoTrain().pattern(),
                    config.batch().records(),
                    config.batch().bytes(),
                    config.batch().patience(),
                    config.batch().pollTimeout());
        }
    }

    private final Map<String, Object> broker;
    private final Settings settings;
    private final ArtifactStore store;
    private final Path scratch;
    private final Clock clock;
    private final Tokenizers tokenizers;
    private final Tally tally = new Tally();
    private final News news;
    private final Training training;
    private final GroupLag lag;
    private final ShardWriting shards;
    private final AutoTraining autoTraining;
    private final List<Thread> threads;
    private final Optional<Thread> autoTrainer;

    /// @param died told of a thread that ended in an exception
    TokenizerLoops(
            Map<String, Object> broker,
            Settings settings,
            ArtifactStore store,
            Path data,
            Clock clock,
            Thread.UncaughtExceptionHandler died) {
        this.broker = broker;
        this.settings = settings;
        this.store = store;
        this.clock = clock;
        scratch = data.resolve("scratch");
        tokenizers = new Tokenizers(settings.name());
        news = new News(broker, tokenizers, store, data.resolve("tokenizers"));
        training = new LogTraining(broker, news, tokenizers, store, scratch, clock);
        lag = new GroupLag(Admin.create(broker), () -> group(tokenizers.forShards()));
        shards = new ShardWriting(news, tokenizers, this::clients, settings.pollTimeout());
        autoTraining = new AutoTraining(
                broker,
                training,
                tokenizers,
                new Training.Order(
                        settings.name().orElse("default"),
                        settings.autoTrainVocabulary(),
                        Training.Order.DEFAULT_MAX_BYTES,
                        settings.autoTrainPattern(),
                        true),
                settings.autoTrainBytes(),
                settings.autoTrainInterval());
        threads = List.of(thread("news", news, died), thread("shards", shards, died));
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
        autoTraining.stop();
        shards.stop();
        news.stop();
        long end = System.nanoTime() + LAST_ROUND.toNanos();
        for (Thread thread : threads) {
            thread.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        if (autoTrainer.isPresent()) {
            autoTrainer.get().join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        lag.close();
    }

    /// Group of a version's round. No tokenizer, no round: nobody is in the group of version 0.
    private static String group(Optional<PublishedTokenizer> tokenizer) {
        return "tokenizer-"
                + tokenizer.map(of -> of.name() + "-" + of.version()).orElse("0");
    }

    private ShardWriting.Clients clients(PublishedTokenizer tokenizer) {
        RetractionLog retractions = new RetractionLog(broker, clock);
        try {
            ShardTransform transform = new ShardTransform(
                    tokenizer,
                    new Selection(retractions.retractions()),
                    retractions::catchUp,
                    store,
                    scratch,
                    settings.validationShare(),
                    clock,
                    tally);
            return new ShardWriting.Clients(
                    new SettlingConsumer(consumerSettings(group(Optional.of(tokenizer)))),
                    new ShardProducer(
                            with(broker, TransactionalLoop.producerSettings("tokenizer-" + settings.instance())),
                            tally,
                            transform::committed),
                    transform,
                    retractions);
        } catch (KafkaException e) {
            retractions.close();
            throw e;
        }
    }

    private static Thread thread(String name, Runnable work, Thread.UncaughtExceptionHandler died) {
        return Thread.ofPlatform()
                .name("tokenizer-" + name)
                .uncaughtExceptionHandler(died)
                .unstarted(work);
    }

    private Map<String, Object> consumerSettings(String group) {
        Map<String, Object> consumer = with(broker, TransactionalLoop.consumerSettings(group));
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
