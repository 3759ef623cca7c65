package org.millrace.tokenizer.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Tokenizers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the published tokenizers, which every instance has to know. Their topic is compacted; each start
/// reads it from the beginning.
///
/// A record that cannot be used is skipped and said so. It gets no dead letter: every instance
/// would write one at every start.
final class News implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(News.class);
    private static final String TOKENIZERS = Events.topicName(TokenizerPublished.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final KafkaConsumer<String, byte[]> consumer;
    private final Tokenizers tokenizers;
    private final ArtifactStore store;
    private final Path directory;
    private final CountDownLatch caughtUp = new CountDownLatch(1);
    private volatile boolean stopped;

    /// @param directory where tokenizers are unpacked
    News(Map<String, Object> broker, Tokenizers tokenizers, ArtifactStore store, Path directory) {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.putAll(TransactionalLoop.readerSettings());
        consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        this.tokenizers = tokenizers;
        this.store = store;
        this.directory = directory;
    }

    @Override
    public void run() {
        try (consumer) {
            List<TopicPartition> partitions = consumer.partitionsFor(TOKENIZERS, PATIENCE).stream()
                    .map(p -> new TopicPartition(p.topic(), p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
            while (!stopped) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    take(record);
                }
                if (caughtUp.getCount() > 0
                        && ends.entrySet().stream()
                                .allMatch(end -> consumer.position(end.getKey(), PATIENCE) >= end.getValue())) {
                    caughtUp.countDown();
                }
            }
        } catch (WakeupException e) {
            if (!stopped) {
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void stop() {
        stopped = true;
        consumer.wakeup();
    }

    /// Waits until everything is known that was on the log at the start.
    ///
    /// @return false if it is not when the time is over
    boolean awaitCaughtUp(Duration patience) throws InterruptedException {
        return caughtUp.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void take(ConsumerRecord<String, byte[]> record) throws InterruptedException {
        try {
            if (record.value() != null) {
                consider(Events.read(record, TokenizerPublished.class));
            }
        } catch (BadRecord e) {
            LOGGER.warn(
                    "skipped: topic={} partition={} offset={} reason={}",
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    e.getMessage());
        }
    }

    private void consider(TokenizerPublished event) throws BadRecord, InterruptedException {
        try {
            learn(event);
        } catch (BadRecord e) {
            tokenizers.refuse(event.getName(), event.getVersion());
            throw e;
        }
    }

    private void learn(TokenizerPublished event) throws BadRecord, InterruptedException {
        if (tokenizers.knows(event.getName(), event.getVersion())) {
            return;
        }
        Path files = fetch(event);
        if (files == null) {
            return; // stopped
        }
        try {
            Tokenizer tokenizer = Tokenizer.read(files.resolve("tokenizer.json"));
            tokenizers.add(new PublishedTokenizer(
                    event.getName(), event.getVersion(), tokenizer, ChatFormat.read(files, tokenizer)));
            LOGGER.info("tokenizer {}:{} with {} ids", event.getName(), event.getVersion(), tokenizer.vocabularySize());
        } catch (IOException | IllegalArgumentException e) {
            throw new BadRecord(String.valueOf(e.getMessage()), e);
        }
    }

    /// @return null if the service stops meanwhile
    private @Nullable Path fetch(TokenizerPublished event) throws BadRecord, InterruptedException {
        while (!stopped) {
            try {
                return store.materialise(Stored.references(event.getFilesList()), directory);
            } catch (ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) {
                throw new BadRecord(String.valueOf(e.getMessage()), e);
            } catch (IOException e) {
                LOGGER.warn(
                        "tokenizer {}:{} cannot be fetched, will be tried again in {} s",
                        event.getName(),
                        event.getVersion(),
                        PAUSE.toSeconds(),
                        e);
                Thread.sleep(PAUSE);
            }
        }
        return null;
    }
}
