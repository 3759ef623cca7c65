package org.millrace.tokenizer.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
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
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final LogReader reader;
    private final Tokenizers tokenizers;
    private final ArtifactStore store;
    private final Path directory;
    private final CountDownLatch caughtUp = new CountDownLatch(1);
    private volatile boolean stopped;

    /// @param directory where tokenizers are unpacked
    News(Map<String, Object> broker, Tokenizers tokenizers, ArtifactStore store, Path directory) {
        reader = new LogReader(broker, TOKENIZERS);
        this.tokenizers = tokenizers;
        this.store = store;
        this.directory = directory;
    }

    @Override
    public void run() {
        try (reader) {
            for (Iterator<ConsumerRecord<String, byte[]>> before = reader.untilNow(); before.hasNext(); ) {
                take(before.next());
            }
            caughtUp.countDown();
            while (!stopped) {
                for (ConsumerRecord<String, byte[]> record : reader.poll(POLL)) {
                    take(record);
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
        reader.wakeup();
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
