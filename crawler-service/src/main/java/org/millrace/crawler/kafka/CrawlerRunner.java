package org.millrace.crawler.kafka;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.crawler.Configured;
import org.millrace.crawler.Crawler;
import org.millrace.crawler.CrawlerConfig;
import org.millrace.crawler.Crawls;
import org.millrace.crawler.Publisher;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.http.OkFetcher;
import org.millrace.crawler.http.Reach;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.rocksdb.RocksIndexes;
import org.millrace.crawler.warc.CapturePublisher;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Room;
import org.millrace.drain.Drain;
import org.millrace.drain.Termination;
import org.millrace.exactlyonce.TransactionalLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the loop from configuration, and lives and dies with the process.
@ApplicationScoped
class CrawlerRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(CrawlerRunner.class);

    /// A killed instance's open transaction holds up whoever takes its hosts over for so long.
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(20);

    /// An instance that is away for longer loses its hosts. One that is restarted sooner keeps them.
    private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(30);

    /// Hosts change hands when all instances have heard of it: at their next heartbeat.
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    /// For calls that were taken before SIGTERM. What comes behind takes up to 27 s; Kubernetes gives 45.
    private static final Duration DRAIN = Duration.ofSeconds(5);

    /// A fifth of a heap of 160 MiB.
    private static final long BUFFER_BYTES = 32L << 20;

    /// Half the buffer, so that one record never waits for all others.
    private static final int MAX_REQUEST_BYTES = 16 << 20;

    private final Map<String, Object> broker;
    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final KafkaProducer<String, byte[]> seeds;
    private final Admin admin;
    private final RocksIndexes indexes;
    private final Optional<WarcFiles> warc;
    private final CrawlLoop loop;
    private final Crawls crawls;
    private final Thread thread;
    private final Drain drain = new Drain();

    CrawlerRunner(
            CrawlerConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            MeterRegistry registry,
            Room room)
            throws IOException {
        this.broker = broker;
        String name = "crawler-" + config.instance();
        consumer = consumer(
                TransactionalLoop.consumerSettings(CrawlLoop.GROUP),
                Map.of(
                        "client.id",
                        name,
                        "group.instance.id",
                        name,
                        "session.timeout.ms",
                        (int) SESSION_TIMEOUT.toMillis(),
                        "heartbeat.interval.ms",
                        (int) HEARTBEAT.toMillis(),
                        "partition.assignment.strategy",
                        CooperativeStickyAssignor.class.getName()));
        producer = producer(producerSettings(name), Map.of());
        seeds = producer(Map.of("client.id", name + "-seeds"), Map.of("acks", "all", "compression.type", "zstd"));
        admin = Admin.create(broker);
        LogEnds ends = new LogEnds(admin);
        Records records = new Records(
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts")),
                config.maxDepth(),
                config.maxPagesPerHost());
        Politeness politeness = Configured.politeness(config);
        Fetcher fetcher = fetcher(config, registry);
        RobotsCache robots = new RobotsCache(Configured.manners(config));
        Semaphore slots = new Semaphore(config.parallel(), true);
        VisitedLog visited = new VisitedLog(
                () -> consumer(TransactionalLoop.readerSettings(), Map.of("client.id", name + "-visited")),
                TRANSACTION_TIMEOUT.multipliedBy(3));
        indexes = RocksIndexes.open(config.data().resolve("frontier-" + config.instance()));
        Frontier.Settings settings = new Frontier.Settings(config.lease(), config.delay(), config.maxPagesPerPattern());
        Optional<WarcFiles> warc = warc(config);
        this.warc = warc;
        loop = new CrawlLoop(
                consumer,
                producer,
                new Frontiers(indexes::index, visited, ends, settings),
                records,
                (frontier, publisher) -> new Crawler(
                        frontier,
                        fetcher,
                        robots,
                        politeness,
                        config.maxBytes(),
                        slots,
                        room,
                        warc.<Publisher>map(files -> new CapturePublisher(files, publisher))
                                .orElse(publisher),
                        CrawlerRunner::broken),
                outcome -> count(registry, outcome));
        registry.gauge("millrace_crawler_frontier_urls", loop, CrawlLoop::size);
        registry.gauge("millrace_crawler_frontier_hosts", loop, CrawlLoop::hosts);
        FunctionCounter.builder("millrace_crawler_leases_expired", loop, CrawlLoop::expired)
                .description("URLs that were not returned in time and handed out again")
                .register(registry);
        FunctionCounter.builder("millrace_crawler_host_rests", loop, CrawlLoop::rests)
                .description("hosts left alone for 429, 503 or network errors")
                .register(registry);
        crawls = new LoggedCrawls(loop, records, seeds, ends);
        thread = Thread.ofPlatform()
                .name(name)
                .uncaughtExceptionHandler((_, failure) -> broken(failure))
                .unstarted(loop);
        if (config.contact().isEmpty() && !config.allowPrivate()) {
            LOGGER.warn(
                    "millrace.crawler.contact is not set: owners of crawled sites cannot reach whoever crawls them");
        }
    }

    void start(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Termination.handle(() -> drain.complete(DRAIN), Quarkus::asyncExit);
        }
        thread.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        loop.stop();
        if (thread.isAlive() && !thread.join(Duration.ofSeconds(15))) {
            LOGGER.warn("the loop is still busy; what it fetched and did not publish will be fetched again");
        }
        seeds.close(Duration.ofSeconds(2));
        admin.close(Duration.ofSeconds(2));
        if (!thread.isAlive()) {
            // Others take the hosts over at once. A killed instance keeps them for the session time-out. Before the
            // producer: what was not published yet is now, as hosts are given away.
            consumer.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                    .withTimeout(Duration.ofSeconds(5)));
            producer.close(Duration.ofSeconds(2));
            indexes.close();
            closeWarc();
        }
    }

    private void closeWarc() {
        try {
            if (warc.isPresent()) {
                warc.get().close();
            }
        } catch (IOException e) {
            LOGGER.error("the last WARC file is not safe on the disk", e);
        }
    }

    /// One for live pages and those of archives. A place more than there are requests: archives are read
    /// one page at a time.
    @Produces
    @Singleton
    static Room room(CrawlerConfig config) {
        return Room.ofHeap(config.parallel() + 1);
    }

    @Produces
    @Singleton
    @GlobalInterceptor
    Drain drain() {
        return drain;
    }

    @Produces
    @ApplicationScoped
    Crawls crawls() {
        return crawls;
    }

    boolean isWorking() {
        return thread.isAlive() && !drain.hasBegun();
    }

    /// Has hosts, or may have.
    boolean isSharing() {
        return loop.positions() != null;
    }

    long queued() {
        return loop.size();
    }

    /// The loop's own, for the small heap of a crawler. What it writes itself is below 1 MiB, as
    /// larger bodies are claim checks; the rest is for dead letters of compressed records, which
    /// unfold when they are read.
    static Map<String, Object> producerSettings(String name) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.producerSettings(name));
        settings.put("client.id", name);
        settings.put("transaction.timeout.ms", (int) TRANSACTION_TIMEOUT.toMillis());
        settings.put("buffer.memory", BUFFER_BYTES);
        settings.put("max.request.size", MAX_REQUEST_BYTES);
        return settings;
    }

    private static Fetcher fetcher(CrawlerConfig config, MeterRegistry registry) {
        Timer timer = Timer.builder("millrace_crawler_fetch")
                .description("one request, from the look-up of the name to the last byte")
                .register(registry);
        return new OkFetcher(
                Configured.userAgent(config),
                new Reach(config.allowPrivate(), config.ports()),
                new OkFetcher.TimeLimits(
                        config.timeout().connect(),
                        config.timeout().read(),
                        config.timeout().call()),
                timer::record);
    }

    private static Optional<WarcFiles> warc(CrawlerConfig config) throws IOException {
        if (config.warc().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(WarcFiles.open(
                config.warc().get(),
                "crawler-" + config.instance(),
                config.warcBytes(),
                Map.of("software", "Millrace", "http-header-user-agent", Configured.userAgent(config)),
                Clock.systemUTC()));
    }

    private static void count(MeterRegistry registry, Outcome outcome) {
        registry.counter(
                        "millrace_crawler_pages_fetched",
                        "outcome",
                        outcome.name().toLowerCase(Locale.ROOT))
                .increment();
    }

    private static void broken(Throwable failure) {
        LOGGER.error("the crawler cannot go on, the process ends", failure);
        Quarkus.asyncExit(1);
    }

    private KafkaConsumer<String, byte[]> consumer(Map<String, Object> settings, Map<String, Object> more) {
        return new KafkaConsumer<>(with(settings, more), new StringDeserializer(), new ByteArrayDeserializer());
    }

    private KafkaProducer<String, byte[]> producer(Map<String, Object> settings, Map<String, Object> more) {
        return new KafkaProducer<>(with(settings, more), new StringSerializer(), new ByteArraySerializer());
    }

    private Map<String, Object> with(Map<String, Object> more, Map<String, Object> andMore) {
        Map<String, Object> merged = new HashMap<>(broker);
        merged.putAll(more);
        merged.putAll(andMore);
        return merged;
    }
}
