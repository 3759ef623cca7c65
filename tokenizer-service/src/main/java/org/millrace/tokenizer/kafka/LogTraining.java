package org.millrace.tokenizer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Tokenizer;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.tokenizer.Document;
import org.millrace.tokenizer.Selection;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.Training;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Trains on the documents of the log and publishes there.
///
/// Versions have no gap and no twin: whoever publishes a name holds its transactional id, and reads
/// the newest version only after that. Another instance that is at the same name is fenced, and
/// says [Busy]. One that comes later finds what is there, and does not publish the same again unless
/// it cannot be read back.
final class LogTraining implements Training {

    private static final Logger LOGGER = LoggerFactory.getLogger(LogTraining.class);
    private static final Events EVENTS = new Events("tokenizer");
    private static final String PUBLISHED = Events.topicName(TokenizerPublished.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Map<String, Object> broker;
    private final News news;
    private final Tokenizers tokenizers;
    private final ArtifactStore store;
    private final Path scratch;
    private final Clock clock;
    private final Semaphore one = new Semaphore(1);

    LogTraining(
            Map<String, Object> broker,
            News news,
            Tokenizers tokenizers,
            ArtifactStore store,
            Path scratch,
            Clock clock) {
        this.broker = broker;
        this.news = news;
        this.tokenizers = tokenizers;
        this.store = store;
        this.scratch = scratch;
        this.clock = clock;
    }

    @Override
    public long train(Order order, Progress progress) throws NoDocuments, Busy, IOException, InterruptedException {
        if (!one.tryAcquire()) {
            throw new Busy("a tokenizer is being trained already: wait until it is published");
        }
        try {
            if (!news.awaitCaughtUp(PATIENCE)) {
                throw new IOException("published tokenizers are not all read after %d s: see the log"
                        .formatted(PATIENCE.toSeconds()));
            }
            Corpus corpus = new Corpus(order.maxBytes(), progress);
            Tokenizer tokenizer = train(corpus, order, progress);
            if (corpus.documents == 0) {
                throw new NoDocuments("%s holds no document to learn from".formatted(Inputs.DOCUMENTS));
            }
            long version = publish(order, tokenizer, corpus.bytes);
            if (!tokenizers.await(order.name(), version, PATIENCE)) {
                throw new IOException("%s:%d was published, but cannot be read back".formatted(order.name(), version));
            }
            LOGGER.info(
                    "trained {}:{} on {} documents, {} bytes", order.name(), version, corpus.documents, corpus.bytes);
            return version;
        } catch (CancellationException e) {
            throw cancelled();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw new Busy("another instance publishes %s at the same time".formatted(order.name()));
        } catch (KafkaException e) {
            throw new IOException("the log failed: " + e.getMessage(), e);
        } finally {
            one.release();
        }
    }

    private static InterruptedException cancelled() {
        return new InterruptedException("nobody waits for the tokenizer any more");
    }

    private Tokenizer train(Corpus corpus, Order order, Progress progress) {
        try (LogReader reader = new LogReader(broker, Inputs.DOCUMENTS);
                RetractionLog retractions = new RetractionLog(broker, clock)) {
            Iterator<ConsumerRecord<String, byte[]>> records = reader.untilNow();
            retractions.catchUp();
            Selection selection = new Selection(retractions.retractions());
            Iterable<String> texts = () -> corpus.texts(records, selection);
            return BpeTrainer.train(texts, order.vocabularySize(), order.pattern(), merges -> {
                if (progress.isCancelled()) {
                    throw new CancellationException();
                }
                progress.merged(merges);
            });
        }
    }

    /// The texts to learn from, as they come from the log: they are counted and not kept.
    private final class Corpus {

        private final long maxBytes;
        private final Progress progress;
        private long documents;
        private long bytes;

        Corpus(long maxBytes, Progress progress) {
            this.maxBytes = maxBytes;
            this.progress = progress;
        }

        Iterator<String> texts(Iterator<ConsumerRecord<String, byte[]>> records, Selection selection) {
            return Stream.generate(() -> records)
                    .takeWhile(left -> left.hasNext() && bytes < maxBytes)
                    .flatMap(left -> text(left.next(), selection).stream())
                    .iterator();
        }

        /// Unreadable records are left to the loop, which writes their dead letters.
        private Optional<String> text(ConsumerRecord<String, byte[]> record, Selection selection) {
            if (progress.isCancelled()) {
                throw new CancellationException();
            }
            try {
                Document document = Inputs.document(record);
                long length = document.text().getBytes(UTF_8).length;
                if (!selection.takes(document) || bytes + length > maxBytes) {
                    return Optional.empty();
                }
                documents++;
                bytes += length;
                progress.read(documents, bytes);
                return Optional.of(document.text());
            } catch (BadRecord e) {
                LOGGER.debug("left out of training: partition={} offset={}", record.partition(), record.offset());
                return Optional.empty();
            }
        }
    }

    private long publish(Order order, Tokenizer tokenizer, long trainedBytes) throws IOException, InterruptedException {
        String name = order.name();
        SortedMap<String, Reference> files = store(tokenizer);
        Map<String, Object> settings = new HashMap<>(broker);
        settings.putAll(TransactionalLoop.producerSettings("tokenizer-publish-" + name));
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            TokenizerPublished newest = newest(name);
            if (newest.getVersion() > 0
                    && (order.onlyFirst()
                            || Stored.references(newest.getFilesList()).equals(files))
                    && isReadBack(newest)) {
                return newest.getVersion();
            }
            TokenizerPublished.Builder event = TokenizerPublished.newBuilder()
                    .setName(name)
                    .setVersion(newest.getVersion() + 1)
                    .setVocabularySize(tokenizer.vocabularySize())
                    .setTrainedBytes(trainedBytes)
                    .setPublishedAtMs(clock.millis());
            files.forEach((file, reference) ->
                    event.addFiles(ArtifactFile.newBuilder().setName(file).setArtifact(Stored.artifact(reference))));
            send(producer, name, event.build());
            return event.getVersion();
        }
    }

    /// A version that was refused stays so, even if its files have just been stored again: whoever has
    /// refused it does not look at it twice.
    private boolean isReadBack(TokenizerPublished published) throws IOException, InterruptedException {
        String name = published.getName();
        long version = published.getVersion();
        if (tokenizers.await(name, version, PATIENCE)) {
            return true;
        }
        if (tokenizers.isRefused(name, version)) {
            LOGGER.warn("{}:{} cannot be read back: the next version is published", name, version);
            return false;
        }
        throw new IOException(
                "%s:%d is published, but was not read back within %d s".formatted(name, version, PATIENCE.toSeconds()));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() flushes, and throws if the send failed
    private static void send(KafkaProducer<String, byte[]> producer, String name, TokenizerPublished event) {
        producer.beginTransaction();
        producer.send(EVENTS.record(name, event));
        producer.commitTransaction();
    }

    /// The newest published of the name; version 0 if there is none.
    private TokenizerPublished newest(String name) {
        TokenizerPublished newest = TokenizerPublished.getDefaultInstance();
        try (LogReader reader = new LogReader(broker, PUBLISHED)) {
            Iterator<ConsumerRecord<String, byte[]>> records = reader.untilNow();
            while (records.hasNext()) {
                ConsumerRecord<String, byte[]> record = records.next();
                if (name.equals(record.key()) && record.value() != null) {
                    TokenizerPublished published = published(record);
                    newest = published.getVersion() > newest.getVersion() ? published : newest;
                }
            }
        }
        return newest;
    }

    private static TokenizerPublished published(ConsumerRecord<String, byte[]> record) {
        try {
            return Events.read(record, TokenizerPublished.class);
        } catch (BadRecord e) {
            return TokenizerPublished.getDefaultInstance(); // News has said so
        }
    }

    private SortedMap<String, Reference> store(Tokenizer tokenizer) throws IOException {
        Files.createDirectories(scratch);
        Path directory = Files.createTempDirectory(scratch, "tokenizer-");
        try {
            tokenizer.write(directory);
            SortedMap<String, Reference> files = store.putDirectory(directory);
            for (Reference file : files.values()) {
                store.fetch(file.sha256(), file.length()); // a store that loses what it is given: no version of it
            }
            return files;
        } finally {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }
}
