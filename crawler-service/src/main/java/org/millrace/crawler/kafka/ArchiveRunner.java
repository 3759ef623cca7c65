package org.millrace.crawler.kafka;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.archives.Bounds;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.crawler.Configured;
import org.millrace.crawler.CrawlerConfig;
import org.millrace.crawler.archive.ArchiveSources;
import org.millrace.crawler.http.Download;
import org.millrace.crawler.http.OkFetcher;
import org.millrace.crawler.http.Reach;
import org.millrace.crawler.web.Room;
import org.millrace.exactlyonce.TransactionalLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the loop that reads archives, and lives and dies with the process.
@ApplicationScoped
class ArchiveRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveRunner.class);

    /// Seeds in hand: more would only wait here.
    private static final int MAX_POLL_RECORDS = 10;

    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final ArchiveLoop loop;
    private final Thread thread;

    ArchiveRunner(CrawlerConfig config, @Identifier("default-kafka-broker") Map<String, Object> broker, Room room)
            throws IOException {
        String name = "crawler-archives-" + config.instance();
        Map<String, Object> reads = new HashMap<>(broker);
        reads.putAll(TransactionalLoop.consumerSettings(ArchiveLoop.GROUP));
        reads.put("client.id", name);
        reads.put("group.instance.id", name);
        reads.put("max.poll.records", MAX_POLL_RECORDS);
        consumer = new KafkaConsumer<>(reads, new StringDeserializer(), new ByteArrayDeserializer());
        Map<String, Object> writes = new HashMap<>(broker);
        writes.putAll(CrawlerRunner.producerSettings(name));
        producer = new KafkaProducer<>(writes, new StringSerializer(), new ByteArraySerializer());
        Records records = new Records(
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts")),
                config.maxDepth(),
                config.maxPagesPerHost());
        loop = new ArchiveLoop(
                consumer,
                producer,
                new ArchivePages(records, Configured.manners(config), room, Clock.systemUTC()),
                sources(config));
        thread = Thread.ofPlatform()
                .name(name)
                .uncaughtExceptionHandler((_, failure) -> {
                    LOGGER.error("archives cannot be read any more, the process ends", failure);
                    Quarkus.asyncExit(1);
                })
                .unstarted(loop);
    }

    private static ArchiveSources sources(CrawlerConfig config) {
        OkFetcher.TimeLimits limits = new OkFetcher.TimeLimits(
                config.timeout().connect(),
                config.timeout().read(),
                config.timeout().call());
        Reach reach = new Reach(config.allowPrivate(), config.ports());
        return new ArchiveSources(
                config.archiveFolders().orElse(List.of()),
                url -> Download.of(url, Configured.userAgent(config), reach, limits),
                new Bounds(config.maxBytes(), Bounds.HEAD));
    }

    void start(@Observes StartupEvent event) {
        thread.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        loop.stop();
        if (thread.isAlive() && !thread.join(Duration.ofSeconds(15))) {
            LOGGER.warn("an archive is still being read; what is not published will be read again");
            return;
        }
        producer.close(Duration.ofSeconds(2));
        consumer.close();
    }
}
