package org.millrace.crawler.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Counts;
import org.millrace.crawler.Crawler;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.News;
import org.millrace.crawler.NormalUrl;
import org.millrace.crawler.Outcome;
import org.millrace.crawler.Publisher;
import org.millrace.crawler.Target;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.exactlyonce.Transactions;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.UrlDiscovered;

/// Feeds the crawlers from the log, and publishes what they learn.
///
/// ```text
///   crawl.seeds ───────────┐
///   urls.discovered ─poll──┴─► offer to the partition's crawler ─► virtual threads fetch
///        ▲                                                              │ news
///        └── begin ─► PageFetched, UrlVisited, UrlDiscovered ─► offsets ─► commit ─► finish
/// ```
///
/// A partition of `urls.discovered` is the queue of its hosts. Whoever is given it learns from the same
/// partition of `urls.visited` what is done, reads it again from the beginning, and has the frontier of
/// the last owner. Its committed offset is the first URL that is not done, so the group's lag is the
/// work that is left.
///
/// One thread, which [#run] is called on, owns both clients.
final class CrawlLoop implements Runnable, Publisher, ConsumerRebalanceListener {

    static final String GROUP = "crawler";
    static final String SEEDS = Events.topicName(CrawlSeeded.class);
    static final String DISCOVERED = Events.topicName(UrlDiscovered.class);

    /// Results that wait for a transaction, with bodies of at most 256 KiB each.
    private static final int MAX_WAITING = 64;

    /// While requests are under way their results should not wait long for a transaction.
    private static final Duration BUSY_POLL = Duration.ofMillis(10);
    private static final Duration IDLE_POLL = Duration.ofMillis(100);
    private static final Duration OFFSETS_EVERY = Duration.ofSeconds(1);
    private static final int MAX_ANNOUNCED = 500_000;

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final Transactions transactions;
    private final VisitedLog visitedLog;
    private final Records records;
    private final Function<Publisher, Crawler> crawlers;
    private final java.util.function.Consumer<Outcome> counter;

    private final Map<Integer, Crawler> held = new ConcurrentHashMap<>();
    private final BlockingQueue<Told> told = new ArrayBlockingQueue<>(MAX_WAITING);

    /// The next transaction. Kept until it is committed or its partition is lost.
    private final List<Outgoing> outbox = new ArrayList<>();

    /// URLs that were put on the log lately and did not come back yet: no need to tell them twice.
    private final Set<Fingerprint> announced = new HashSet<>();

    /// For each partition of urls.discovered: dead letters of records before this offset are written.
    private final Map<Integer, Long> lettersUpTo = new HashMap<>();

    private Map<TopicPartition, OffsetAndMetadata> committed = Map.of();
    private long committedAt = System.nanoTime();
    private volatile @Nullable Map<TopicPartition, Long> positions;
    private volatile boolean assigned;
    private volatile boolean stopped;

    /// @param consumer in the group [#GROUP]; this loop subscribes it
    /// @param producer transactional
    /// @param crawlers makes the crawler of a partition
    /// @param counter told of each result that is on the log
    CrawlLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            VisitedLog visitedLog,
            Records records,
            Function<Publisher, Crawler> crawlers,
            java.util.function.Consumer<Outcome> counter) {
        this.consumer = consumer;
        this.producer = producer;
        this.transactions = new Transactions(producer);
        this.visitedLog = visitedLog;
        this.records = records;
        this.crawlers = crawlers;
        this.counter = counter;
    }

    @Override
    public void run() {
        producer.initTransactions();
        consumer.subscribe(List.of(SEEDS, DISCOVERED), this);
        try {
            while (!stopped) {
                take(consumer.poll(patience()));
                publish();
                if (assigned && outbox.isEmpty()) {
                    positions = positionsNow();
                }
            }
        } catch (WakeupException e) {
            if (!stopped) {
                throw e;
            }
        } finally {
            held.values().forEach(Crawler::close);
        }
        publish(); // what is fetched need not be fetched again
    }

    /// Lets the transaction in hand finish, then ends [#run].
    void stop() {
        stopped = true;
        consumer.wakeup();
    }

    // ---- for other threads

    /// Called by the crawlers' threads: bodies are encoded and stored there.
    @Override
    public void publish(Crawler origin, News news) throws InterruptedException {
        try {
            told.put(
                    switch (news) {
                        case News.Visited visited ->
                            new Told(origin, Visit.of(visited), visited.found(), records.page(visited));
                        case News.Listed listed -> new Told(origin, null, listed.found(), null);
                    });
        } catch (IOException e) {
            throw new UncheckedIOException("the artifact store failed", e);
        }
    }

    /// Every record before these is offered to a crawler or published; null before the first
    /// assignment.
    @Nullable
    Map<TopicPartition, Long> positions() {
        return positions;
    }

    Counts counts(String crawl) {
        return held.values().stream()
                .map(crawler -> crawler.frontier().counts(crawl))
                .reduce(Counts.NONE, Counts::plus);
    }

    boolean isKnown(String crawl, NormalUrl url) {
        return held.values().stream().anyMatch(crawler -> crawler.frontier().isKnown(crawl, url));
    }

    int size() {
        return held.values().stream()
                .mapToInt(crawler -> crawler.frontier().size())
                .sum();
    }

    // ---- in

    private Duration patience() {
        if (!told.isEmpty() || !outbox.isEmpty()) {
            return Duration.ZERO;
        }
        return size() > 0 ? BUSY_POLL : IDLE_POLL;
    }

    private void take(ConsumerRecords<String, byte[]> batch) {
        for (ConsumerRecord<String, byte[]> record : batch) {
            TopicPartition from = new TopicPartition(record.topic(), record.partition());
            try {
                if (record.topic().equals(SEEDS)) {
                    outbox.add(new Outgoing(from, links(List.of(records.seed(record))), null));
                } else {
                    crawler(record.partition()).offer(records.target(record), record.offset());
                }
            } catch (BadRecord e) {
                bury(record, from, String.valueOf(e.getMessage()));
            }
        }
    }

    /// urls.discovered is read from its beginning again and again; a letter is written once.
    private void bury(ConsumerRecord<String, byte[]> record, TopicPartition from, String reason) {
        if (record.topic().equals(SEEDS) || record.offset() >= lettersUpTo.getOrDefault(record.partition(), 0L)) {
            outbox.add(new Outgoing(from, List.of(DeadLetters.of(record, "crawler", reason)), null));
        }
    }

    private Crawler crawler(int partition) {
        Crawler crawler = held.get(partition);
        if (crawler == null) {
            throw new IllegalStateException("a record of partition %d, which is not held".formatted(partition));
        }
        return crawler;
    }

    // ---- out

    private void publish() {
        collect();
        Map<TopicPartition, OffsetAndMetadata> offsets = offsets();
        boolean due = System.nanoTime() - committedAt > OFFSETS_EVERY.toNanos() && !offsets.equals(committed);
        if (offsets.isEmpty() || outbox.isEmpty() && !due) {
            return;
        }
        if (commit(offsets)) {
            outbox.forEach(this::finish);
            outbox.clear();
            committed = offsets;
            committedAt = System.nanoTime();
        }
    }

    private void collect() {
        while (outbox.size() < MAX_WAITING) {
            Told next = told.poll();
            if (next == null) {
                return;
            }
            held.forEach((partition, crawler) -> {
                if (crawler == next.origin) {
                    outbox.add(outgoing(next, partition));
                }
            });
        }
    }

    private Outgoing outgoing(Told told, int partition) {
        List<ProducerRecord<String, byte[]>> out = new ArrayList<>();
        if (told.page != null) {
            out.add(told.page);
        }
        if (told.visit != null) {
            out.add(records.visited(told.visit, partition));
        }
        out.addAll(links(told.found));
        return new Outgoing(new TopicPartition(DISCOVERED, partition), out, told);
    }

    private List<ProducerRecord<String, byte[]>> links(List<Target> targets) {
        if (announced.size() > MAX_ANNOUNCED) {
            announced.clear();
        }
        List<ProducerRecord<String, byte[]>> links = new ArrayList<>();
        for (Target target : targets) {
            Fingerprint url = Fingerprint.of(target.crawl(), target.url().toString());
            if (!isKnown(target.crawl(), target.url()) && announced.add(url)) {
                links.add(records.discovered(target));
            }
        }
        return links;
    }

    private void finish(Outgoing outgoing) {
        if (outgoing.told != null && outgoing.told.visit != null) {
            Visit visit = outgoing.told.visit;
            outgoing.told.origin.frontier().finish(visit.target(), visit.outcome(), visit.bytes());
            counter.accept(visit.outcome());
        }
    }

    /// False if the transaction was aborted; the outbox is sent again then.
    private boolean commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        return transactions.commit(
                () -> outbox.stream()
                        .flatMap(outgoing -> outgoing.records.stream())
                        .toList(),
                offsets,
                consumer::groupMetadata);
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets() {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        positionsNow().forEach((partition, position) -> {
            if (partition.topic().equals(SEEDS)) {
                offsets.put(partition, new OffsetAndMetadata(position));
            } else {
                long first =
                        crawler(partition.partition()).frontier().firstOpen().orElse(position);
                long letters = Math.max(position, lettersUpTo.getOrDefault(partition.partition(), 0L));
                offsets.put(partition, new OffsetAndMetadata(first, String.valueOf(letters)));
            }
        });
        return offsets;
    }

    private Map<TopicPartition, Long> positionsNow() {
        Map<TopicPartition, Long> now = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            now.put(partition, consumer.position(partition));
        }
        return now;
    }

    // ---- partitions come and go, inside poll()

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        List<TopicPartition> queues =
                partitions.stream().filter(p -> p.topic().equals(DISCOVERED)).toList();
        consumer.committed(Set.copyOf(queues)).forEach((queue, offset) -> {
            if (offset != null && offset.metadata().matches("\\d{1,18}")) {
                lettersUpTo.put(queue.partition(), Long.parseLong(offset.metadata()));
            }
        });
        for (TopicPartition queue : queues) {
            Crawler crawler = crawlers.apply(this);
            try {
                visitedLog.restore(queue.partition(), crawler.frontier());
            } catch (IOException e) {
                throw new UncheckedIOException("the frontier could not be restored", e);
            }
            held.put(queue.partition(), crawler);
        }
        consumer.seekToBeginning(queues);
        positions = null;
        assigned = true;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        publish();
        forget(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        forget(partitions);
    }

    /// Their next owner fetches again what is not published.
    private void forget(Collection<TopicPartition> partitions) {
        positions = null;
        announced.clear();
        outbox.removeIf(outgoing -> partitions.contains(outgoing.from));
        for (TopicPartition partition : partitions) {
            if (partition.topic().equals(DISCOVERED)) {
                lettersUpTo.remove(partition.partition());
                Crawler crawler = held.remove(partition.partition());
                if (crawler != null) {
                    crawler.close();
                }
            }
        }
    }

    /// @param visit null where the news is about no page, and `page` with it
    private record Told(
            Crawler origin,
            @Nullable Visit visit,
            List<Target> found,
            @Nullable ProducerRecord<String, byte[]> page) {}

    /// @param from the partition that this answers: lost with it
    private record Outgoing(
            TopicPartition from,
            List<ProducerRecord<String, byte[]>> records,
            @Nullable Told told) {}
}
