package org.millrace.tokenizer.kafka;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Tokenizers;

/// Writes shards in rounds: one for each version of the tokenizer, from the beginning of the log.
///
/// ```text
///   a tokenizer is known ──► round: group of that version ──► shards
///        ▲                                │
///        └── a newer one is published ────┘ ends with the batch in hand
/// ```
///
/// A version's group keeps the version's place. So a restart goes on where the round was, instances
/// share the round whenever each of them notices, and no document is in two shards of one version.
final class ShardWriting implements Runnable {

    private static final Duration STEP = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final News news;
    private final Tokenizers tokenizers;
    private final Function<PublishedTokenizer, Clients> clients;
    private final Duration pollTimeout;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile @Nullable Round round;

    /// @param clients makes those of a round
    ShardWriting(
            News news, Tokenizers tokenizers, Function<PublishedTokenizer, Clients> clients, Duration pollTimeout) {
        this.news = news;
        this.tokenizers = tokenizers;
        this.clients = clients;
        this.pollTimeout = pollTimeout;
        tokenizers.whenAdded(this::endIfOver);
    }

    @Override
    public void run() {
        try {
            while (awaitStart()) {
                write(tokenizers.forShards().orElseThrow());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void stop() {
        stopped.countDown();
        endIfOver();
    }

    /// The published tokenizers come first, or a round of an old one could begin.
    private boolean awaitStart() throws InterruptedException {
        while (stopped.getCount() > 0) {
            if (news.awaitCaughtUp(STEP) && tokenizers.awaitForShards(STEP)) {
                return true;
            }
        }
        return false;
    }

    private void write(PublishedTokenizer tokenizer) {
        Clients of = clients.apply(tokenizer);
        try {
            TransactionalLoop loop = new TransactionalLoop(of.consumer, of.producer, of.transform, pollTimeout);
            of.consumer.subscribe(Inputs.TOPICS);
            round = new Round(tokenizer, loop, of.retractions);
            endIfOver(); // for what happened before the round was there to be ended
            loop.run();
        } finally {
            round = null;
            // Bounded, so that a broker that is gone does not hold up the end of the process.
            of.producer.close(CLOSE);
            of.consumer.close(CloseOptions.timeout(CLOSE));
            of.retractions.close();
        }
    }

    private void endIfOver() {
        Round now = round;
        if (now != null && (stopped.getCount() == 0 || isOutdated(now.tokenizer))) {
            now.loop.stop();
            now.retractions.wakeup();
        }
    }

    private boolean isOutdated(PublishedTokenizer tokenizer) {
        return tokenizers
                .forShards()
                .filter(newest ->
                        newest.version() > tokenizer.version() || !newest.name().equals(tokenizer.name()))
                .isPresent();
    }

    /// What one round reads and writes with; closed at its end.
    record Clients(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            ShardTransform transform,
            RetractionLog retractions) {}

    private record Round(PublishedTokenizer tokenizer, TransactionalLoop loop, RetractionLog retractions) {}
}
