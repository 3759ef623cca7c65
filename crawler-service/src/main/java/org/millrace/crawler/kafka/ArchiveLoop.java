package org.millrace.crawler.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.archives.Tally;
import org.millrace.crawler.archive.ArchiveSources;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.exactlyonce.Transactions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes the pages of archives that seeds name, one archive after another.
///
/// ```text
///   crawl.seeds ─► open ─► some pages ─► begin ─► PageFetched … ─► offset, records done ─► commit ─┐
///                             ▲                                                                  │
///                             └──────────────────────────────────────────────────────────────────┘
/// ```
///
/// While an archive is read its seed stays the committed offset, and the number of records that are done
/// stands beside it: so a killed instance's successor goes on behind them, and each page is published
/// once. Partitions are polled all the while, paused, or the group would take the instance for dead.
///
/// One thread, which [#run] is called on, owns both clients.
final class ArchiveLoop implements Runnable, ConsumerRebalanceListener {

    static final String GROUP = "crawler-archives";

    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveLoop.class);
    private static final Duration IDLE_POLL = Duration.ofMillis(200);

    /// What one transaction holds at most, in pages and in bytes.
    private static final int MAX_PAGES = 100;

    private static final long MAX_BYTES = 4L << 20;

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final Transactions transactions;
    private final ArchivePages pages;
    private final ArchiveSources sources;

    private final Deque<ConsumerRecord<String, byte[]>> waiting = new ArrayDeque<>();
    private final Map<TopicPartition, OffsetAndMetadata> begun = new HashMap<>();
    private @Nullable Reading reading;
    private volatile boolean stopped;

    /// @param consumer in the group [#GROUP]; this loop subscribes it
    /// @param producer transactional
    ArchiveLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            ArchivePages pages,
            ArchiveSources sources) {
        this.consumer = consumer;
        this.producer = producer;
        this.transactions = new Transactions(producer);
        this.pages = pages;
        this.sources = sources;
    }

    /// An archive that is being read.
    private record Reading(ConsumerRecord<String, byte[]> seed, ArchivePages.Seed what, Captures captures) {

        TopicPartition partition() {
            return new TopicPartition(seed.topic(), seed.partition());
        }
    }

    @Override
    public void run() {
        producer.initTransactions();
        consumer.subscribe(List.of(CrawlLoop.SEEDS), this);
        try {
            while (!stopped) {
                boolean busy = reading != null || !waiting.isEmpty();
                if (busy) {
                    consumer.pause(consumer.assignment());
                } else {
                    consumer.resume(consumer.paused());
                }
                consumer.poll(busy ? Duration.ZERO : IDLE_POLL).forEach(waiting::add);
                work();
            }
        } catch (WakeupException e) {
            if (!stopped) {
                throw e;
            }
        } finally {
            leave();
        }
    }

    /// Lets the transaction in hand finish, then ends [#run].
    void stop() {
        stopped = true;
        consumer.wakeup();
    }

    private void work() {
        Reading open = reading;
        if (open != null) {
            publishSome(open);
            return;
        }
        ConsumerRecord<String, byte[]> next = waiting.peek();
        if (next == null) {
            return;
        }
        try {
            Optional<ArchivePages.Seed> seed = pages.seed(next);
            if (seed.isEmpty()) {
                if (commit(List.of(), next, next.offset() + 1, "")) {
                    waiting.remove();
                }
                return;
            }
            reading = open(next, seed.get());
            waiting.remove();
        } catch (BadRecord | IOException e) {
            if (bury(next, String.valueOf(e.getMessage()))) {
                waiting.remove();
            }
        }
    }

    private Reading open(ConsumerRecord<String, byte[]> seed, ArchivePages.Seed what) throws IOException {
        TopicPartition partition = new TopicPartition(seed.topic(), seed.partition());
        OffsetAndMetadata progress = begun.remove(partition);
        Captures captures = sources.open(what.archive());
        if (progress != null
                && progress.offset() == seed.offset()
                && progress.metadata().matches("\\d{1,18}")) {
            captures.skip(Long.parseLong(progress.metadata()));
        }
        LOGGER.info(
                "reading {} from record {}", what.archive(), captures.tally().records());
        return new Reading(seed, what, captures);
    }

    private void publishSome(Reading open) {
        List<ProducerRecord<String, byte[]>> some = new ArrayList<>();
        boolean ended = false;
        try {
            for (long bytes = 0; some.size() < MAX_PAGES && bytes < MAX_BYTES && !ended; ) {
                Optional<Capture> capture = open.captures.next();
                ended = capture.isEmpty();
                if (capture.isPresent()) {
                    pages.page(open.what, capture.get()).ifPresent(some::add);
                    bytes += capture.get().body().length;
                }
            }
        } catch (IOException e) {
            if (bury(open.seed, String.valueOf(e.getMessage()))) {
                leave();
            }
            return;
        }
        long offset = ended ? open.seed.offset() + 1 : open.seed.offset();
        String done = ended ? "" : Long.toString(open.captures.tally().records());
        while (!commit(some, open.seed, offset, done)) {
            // aborted: nothing of it is visible, and the next try is the same
        }
        if (ended) {
            tell(open);
            leave();
        }
    }

    private static void tell(Reading read) {
        Tally tally = read.captures.tally();
        if (tally.isDamaged()) {
            LOGGER.warn(
                    "{}: {} of {} records are broken, and the file is {}",
                    read.what.archive(),
                    tally.broken(),
                    tally.records(),
                    tally.truncated() > 0 ? "cut off" : "whole");
        } else {
            LOGGER.info("{}: {} pages of {} records", read.what.archive(), tally.captures(), tally.records());
        }
    }

    /// What cannot be read now can be replayed from the dead letters once it can.
    private boolean bury(ConsumerRecord<String, byte[]> seed, String reason) {
        return commit(List.of(DeadLetters.of(seed, "crawler", reason)), seed, seed.offset() + 1, "");
    }

    private boolean commit(
            List<ProducerRecord<String, byte[]>> output,
            ConsumerRecord<String, byte[]> seed,
            long offset,
            String done) {
        TopicPartition partition = new TopicPartition(seed.topic(), seed.partition());
        return transactions.commit(
                () -> output, Map.of(partition, new OffsetAndMetadata(offset, done)), consumer::groupMetadata);
    }

    private void leave() {
        Reading open = reading;
        reading = null;
        if (open != null) {
            try {
                open.captures.close();
            } catch (IOException e) {
                throw new UncheckedIOException("an archive cannot be closed", e);
            }
        }
    }

    // ---- partitions come and go, inside poll()

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        consumer.committed(Set.copyOf(partitions)).forEach((partition, offset) -> {
            if (offset != null && !offset.metadata().isEmpty()) {
                begun.put(partition, offset);
            }
        });
    }

    /// Their next owner goes on behind the last transaction.
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        Reading open = reading;
        if (open != null && partitions.contains(open.partition())) {
            leave();
        }
        waiting.removeIf(seed -> partitions.contains(new TopicPartition(seed.topic(), seed.partition())));
        begun.keySet().removeAll(partitions);
    }
}
