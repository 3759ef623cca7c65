package org.millrace.crawler.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import java.util.function.BiFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Counts;
import org.millrace.crawler.Crawler;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.News;
import org.millrace.crawler.Publisher;
import org.millrace.crawler.Target;
import org.millrace.crawler.frontier.Done;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.exactlyonce.Transactions;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.UrlDiscovered;
import org.millrace.proto.events.v1.UrlVisited;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Feeds the crawlers from the log, and publishes what they learn.
///
/// ```text
///   crawl.seeds ───────────┐
///   urls.discovered ─poll──┴─► offer to the partition's frontier ─► turns of hosts
///        ▲                                                              │ news
///        └── begin ─► PageFetched, UrlVisited, UrlDiscovered ─► offsets ─► commit ─► finish
/// ```
///
/// A partition of `urls.discovered` is the queue of its hosts. Whoever is given it learns from the same
/// partition of `urls.visited` what is done, reads it, both from where the index ends, and has the
/// frontier of the last owner. Its committed offset is the first URL that is not done, so the group's
/// lag is the work that is left.
///
/// One thread, which [#run] is called on, owns both clients.
final class CrawlLoop implements Runnable, Publisher, ConsumerRebalanceListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(CrawlLoop.class);

    static final String GROUP = "crawler";
    static final String SEEDS = Events.topicName(CrawlSeeded.class);
    static final String DISCOVERED = Events.topicName(UrlDiscovered.class);
    static final String VISITED = Events.topicName(UrlVisited.class);

    /// Results that wait for a transaction, with bodies of at most 256 KiB each.
    private static final int MAX_WAITING = 64;

    /// While requests are under way their results should not wait long for a transaction.
    private static final Duration BUSY_POLL = Duration.ofMillis(10);
    private static final Duration IDLE_POLL = Duration.ofMillis(100);
    private static final Duration OFFSETS_EVERY = Duration.ofSeconds(1);

    /// How much of urls.visited an index may know without knowing that it does: so often it is told.
    private static final Duration VISITS_EVERY = Duration.ofSeconds(5);

    /// Some ten megabytes of heap.
    private static final int MAX_ANNOUNCED = 100_000;

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final Transactions transactions;
    private final Frontiers frontiers;
    private final Records records;
    private final BiFunction<Frontier, Publisher, Crawler> crawlers;
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
    private long visitsKnownAt = System.nanoTime();
    private boolean visitsUnknown;
    private long expiredBefore;
    private long restsBefore;
    private volatile int partitionCount;
    private volatile @Nullable Map<TopicPartition, Long> positions;
    private volatile boolean assigned;
    private volatile boolean stopped;

    /// @param consumer in the group [#GROUP]; this loop subscribes it
    /// @param producer transactional
    /// @param frontiers opens the frontier of a partition
    /// @param crawlers makes the crawler of a frontier
    /// @param counter told of each result that is on the log
    CrawlLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            Frontiers frontiers,
            Records records,
            BiFunction<Frontier, Publisher, Crawler> crawlers,
            java.util.function.Consumer<Outcome> counter) {
        this.consumer = consumer;
        this.producer = producer;
        this.transactions = new Transactions(producer);
        this.frontiers = frontiers;
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
                if (System.nanoTime() - visitsKnownAt > VISITS_EVERY.toNanos()) {
                    knowVisits();
                }
                if (assigned && outbox.isEmpty()) {
                    positions = positionsNow();
                }
            }
        } catch (WakeupException e) {
            if (!stopped) {
                throw e;
            }
            publish(); // what is fetched need not be fetched again
            knowVisits();
        } finally {
            held.values().forEach(Crawler::close);
        }
    }

    /// Lets the transaction in hand finish, then ends [#run].
    void stop() {
        stopped = true;
        consumer.wakeup();
    }

    // ---- for other threads

    /// Called by the crawlers' threads: bodies are encoded and stored there.
    @Override
    public void publish(Crawler origin, Lease lease, News news) throws InterruptedException {
        try {
            ProducerRecord<String, byte[]> page =
                    switch (news) {
                        case News.Visited visited -> records.page(visited);
                        case News.Listed _ -> null;
                    };
            told.put(new Told(origin, Done.of(lease, news), news.found(), page));
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
        int count = partitionCount;
        Crawler owner = count == 0 ? null : held.get(partition(url.authority(), count));
        return owner != null && owner.frontier().isKnown(crawl, url);
    }

    /// Where a record of this key goes: Kafka's own rule for keys.
    private static int partition(String key, int count) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % count;
    }

    /// URLs that are open.
    long size() {
        return held.values().stream()
                .mapToLong(crawler -> crawler.frontier().size())
                .sum();
    }

    /// Hosts that have something to be done.
    long hosts() {
        return held.values().stream()
                .mapToLong(crawler -> crawler.frontier().hosts())
                .sum();
    }

    /// Leases that ran out, since the start.
    long expired() {
        return expiredBefore
                + held.values().stream()
                        .mapToLong(crawler -> crawler.frontier().expired())
                        .sum();
    }

    /// Rests that hosts were sent into, since the start.
    long rests() {
        return restsBefore + held.values().stream().mapToLong(Crawler::rests).sum();
    }

    // ---- in

    private Duration patience() {
        if (!told.isEmpty() || !outbox.isEmpty()) {
            return Duration.ZERO;
        }
        return size() > 0 ? BUSY_POLL : IDLE_POLL;
    }

    private void take(ConsumerRecords<String, byte[]> batch) {
        for (TopicPartition from : batch.partitions()) {
            if (from.topic().equals(SEEDS)) {
                batch.records(from).forEach(record -> seed(record, from));
            } else {
                offer(batch.records(from), from);
            }
        }
    }

    private void seed(ConsumerRecord<String, byte[]> record, TopicPartition from) {
        try {
            if (!ArchivePages.isArchive(record)) { // those are read by a loop of their own
                outbox.add(new Outgoing(from, links(List.of(records.seed(record))), null));
            }
        } catch (BadRecord e) {
            bury(record, from, String.valueOf(e.getMessage()));
        }
    }

    private void offer(List<ConsumerRecord<String, byte[]>> found, TopicPartition from) {
        List<Frontier.Offer> offers = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : found) {
            try {
                offers.add(new Frontier.Offer(records.target(record), record.offset()));
            } catch (BadRecord e) {
                bury(record, from, String.valueOf(e.getMessage()));
            }
        }
        crawler(from.partition()).offer(offers, found.getLast().offset() + 1);
    }

    /// The index knows a record before its letter is committed, so urls.discovered is read again from the
    /// last commit on, and sooner where the index knows less; a letter is written once.
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
            finish();
            outbox.clear();
            visitsUnknown = true;
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
                if (crawler == next.origin && crawler.frontier().accept(next.done.lease())) {
                    outbox.add(outgoing(next, partition));
                }
            });
        }
    }

    private Outgoing outgoing(Told told, int partition) {
        List<ProducerRecord<String, byte[]>> out = new ArrayList<>();
        if (told.page != null) {
            out.add(told.page);
            out.add(records.visited(told.done, partition));
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

    private void finish() {
        Map<Crawler, List<Done>> safe = new HashMap<>();
        for (Outgoing outgoing : outbox) {
            if (outgoing.told != null) {
                Done done = outgoing.told.done;
                safe.computeIfAbsent(outgoing.told.origin, _ -> new ArrayList<>())
                        .add(done);
                if (!done.lease().isSitemap()) {
                    counter.accept(done.outcome());
                }
            }
        }
        safe.forEach(Crawler::finish);
    }

    /// Lets the indexes know how far they know urls.visited, so that a start need not read it again.
    private void knowVisits() {
        visitsKnownAt = System.nanoTime();
        if (!visitsUnknown || !outbox.isEmpty() || held.isEmpty()) {
            return;
        }
        try {
            frontiers.decidedVisits(held.keySet()).forEach((partition, end) -> {
                Crawler crawler = held.get(partition);
                if (crawler != null) {
                    crawler.frontier().knowsVisitsUpTo(end);
                }
            });
            visitsUnknown = false;
        } catch (IOException e) {
            LOGGER.debug("the end of {} was not told, and is asked for again", VISITED, e);
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
        partitionCount = consumer.partitionsFor(DISCOVERED).size();
        for (TopicPartition queue : queues) {
            try {
                Frontier frontier = frontiers.open(queue.partition());
                Crawler crawler = crawlers.apply(frontier, this);
                held.put(queue.partition(), crawler);
                consumer.seek(queue, Math.min(frontier.discovered(), lettersUpTo.getOrDefault(queue.partition(), 0L)));
                crawler.start();
            } catch (IOException e) {
                throw new UncheckedIOException("the frontier could not be restored", e);
            }
        }
        positions = null;
        assigned = true;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        publish();
        knowVisits();
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
                    expiredBefore += crawler.frontier().expired();
                    restsBefore += crawler.rests();
                }
            }
        }
    }

    /// @param page null for a sitemap, which is no page
    private record Told(
            Crawler origin,
            Done done,
            List<Target> found,
            @Nullable ProducerRecord<String, byte[]> page) {}

    /// @param from the partition that this answers: lost with it
    private record Outgoing(
            TopicPartition from,
            List<ProducerRecord<String, byte[]>> records,
            @Nullable Told told) {}
}
