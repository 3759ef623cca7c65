package org.millrace.crawler.kafka;

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
/// once. Partitions are polled all the while, paused, or the group would take the instance for dead:
/// so archives are read on another thread ([ArchiveReading]).
///
/// An archive that cannot be read becomes a dead letter, after the pages before. Where the artifact store or
/// the broker fails nothing is wrong with the archive: [#run] throws, and the process is started again.
///
/// One thread, which [#run] is called on, owns both clients.
final class ArchiveLoop implements Runnable, ConsumerRebalanceListener {

    static final String GROUP = "crawler-archives";

    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveLoop.class);
    private static final Duration IDLE_POLL = Duration.ofMillis(200);

    /// How long pages may take until the group hears of this member again.
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final Transactions transactions;
    private final ArchivePages pages;
    private final ArchiveSources sources;

    private final Deque<ConsumerRecord<String, byte[]>> waiting = new ArrayDeque<>();
    private final Map<TopicPartition, OffsetAndMetadata> begun = new HashMap<>();
    private @Nullable ArchiveReading reading;
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
        ArchiveReading open = reading;
        if (open != null) {
            open.next(PATIENCE).ifPresent(some -> publish(open, some));
            return;
        }
        ConsumerRecord<String, byte[]> next = waiting.peek();
        if (next == null) {
            return;
        }
        try {
            Optional<ArchivePages.Seed> seed = pages.seed(next);
            if (seed.isPresent()) {
                reading = open(next, seed.get());
                waiting.remove();
            } else if (commit(List.of(), next, next.offset() + 1, "")) {
                waiting.remove();
            }
        } catch (BadRecord e) {
            if (commit(List.of(letter(next, String.valueOf(e.getMessage()))), next, next.offset() + 1, "")) {
                waiting.remove();
            }
        }
    }

    private ArchiveReading open(ConsumerRecord<String, byte[]> seed, ArchivePages.Seed what) {
        OffsetAndMetadata progress = begun.remove(new TopicPartition(seed.topic(), seed.partition()));
        boolean isBegun = progress != null
                && progress.offset() == seed.offset()
                && progress.metadata().matches("\\d{1,18}");
        return new ArchiveReading(seed, what, isBegun ? Long.parseLong(progress.metadata()) : 0, pages, sources);
    }

    private void publish(ArchiveReading open, ArchiveReading.Some some) {
        List<ProducerRecord<String, byte[]>> output = new ArrayList<>(some.pages());
        if (!some.failure().isEmpty()) {
            output.add(letter(open.seed(), some.failure()));
        }
        long offset = some.isLast() ? open.seed().offset() + 1 : open.seed().offset();
        String done = some.isLast() ? "" : Long.toString(some.tally().records());
        while (!commit(output, open.seed(), offset, done)) {
            // aborted: nothing of it is visible, and the next try is the same
        }
        if (some.isLast()) {
            tell(open.archive(), some);
            leave();
        }
    }

    private static void tell(String archive, ArchiveReading.Some last) {
        Tally tally = last.tally();
        if (!last.failure().isEmpty()) {
            LOGGER.warn("{}: given up after {} records: {}", archive, tally.records(), last.failure());
        } else if (tally.isDamaged()) {
            LOGGER.warn(
                    "{}: {} of {} records are broken, and the file is {}",
                    archive,
                    tally.broken(),
                    tally.records(),
                    tally.truncated() > 0 ? "cut off" : "whole");
        } else {
            LOGGER.info("{}: {} pages of {} records", archive, tally.captures(), tally.records());
        }
    }

    /// What cannot be read now can be replayed from the dead letters once it can.
    private static ProducerRecord<String, byte[]> letter(ConsumerRecord<String, byte[]> seed, String reason) {
        return DeadLetters.of(seed, "crawler", reason);
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
        ArchiveReading open = reading;
        reading = null;
        if (open != null) {
            open.close();
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
        ArchiveReading open = reading;
        if (open != null && partitions.contains(open.partition())) {
            leave();
        }
        waiting.removeIf(seed -> partitions.contains(new TopicPartition(seed.topic(), seed.partition())));
        begun.keySet().removeAll(partitions);
    }
}
