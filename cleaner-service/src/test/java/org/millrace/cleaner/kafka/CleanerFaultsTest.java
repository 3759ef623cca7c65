package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cleaner.rocksdb.RocksStore;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// Instances that come and go while pages come, on more partitions than [KilledCleanerTest] has, each with an
/// index of its own: the same pages give what they give there.
///
/// `-Dmillrace.scale.changes=10` is the size of table A4; the default is what a few seconds allow.
class CleanerFaultsTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final int CHANGES = Integer.getInteger("millrace.scale.changes", 3);
    private static final int PAGES_A_CHANGE = 50;
    private static final int POISON = 2;
    private static final int PARTITIONS = 7;

    private final List<Throwable> deaths = new CopyOnWriteArrayList<>();
    private final Deque<CleanerLoops> running = new ArrayDeque<>();
    private int started;

    @TempDir
    Path directory;

    @AfterEach
    void stop() throws InterruptedException {
        for (CleanerLoops loops : running) {
            loops.close();
        }
    }

    @Test
    void instancesComeAndGoAndNobodyCanTell() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            admin.createPartitions(Map.of(Events.topicName(PageFetched.class), NewPartitions.increaseTo(PARTITIONS)))
                    .all()
                    .get();
        }
        List<PageFetched> pages = Corpus.pages((CHANGES + 2) * PAGES_A_CHANGE);
        try (CleanerLog outputs = new CleanerLog(BROKER.bootstrapServers())) {
            start("0");
            int published = 0;
            List<Duration> pauses = new ArrayList<>();
            for (int change = 0; change < CHANGES; change++) {
                Corpus.publish(BROKER.bootstrapServers(), pages.subList(published, published + PAGES_A_CHANGE), POISON);
                published += PAGES_A_CHANGE;
                int before = outputs.judged();
                long changed = System.nanoTime();
                if (change % 3 == 2) {
                    running.removeFirst().close();
                } else {
                    start("other-" + change);
                }
                await().atMost(Duration.ofSeconds(60)).until(() -> outputs.judged() > before);
                pauses.add(Duration.ofNanos(System.nanoTime() - changed));
            }
            outputs.awaitAll(published, CHANGES * POISON);
            assertThat(deaths).isEmpty();
            assertThat(pauses).allSatisfy(pause -> assertThat(pause).isLessThan(Duration.ofSeconds(30)));

            // A zombie: its successor has taken its name, and it does not know.
            String name = "other-" + lastStarted();
            start(name);
            Corpus.publish(BROKER.bootstrapServers(), pages.subList(published, pages.size()), POISON);
            outputs.awaitAll(pages.size(), (CHANGES + 1) * POISON);
            await().atMost(Duration.ofSeconds(60)).until(() -> !deaths.isEmpty());

            assertThat(deaths).allSatisfy(death -> assertThat(death)
                    .isInstanceOfAny(
                            FencedInstanceIdException.class,
                            ProducerFencedException.class,
                            InvalidProducerEpochException.class));
            outputs.verify(pages, (CHANGES + 1) * POISON);
        }
    }

    private static int lastStarted() {
        int last = CHANGES - 1;
        return last % 3 == 2 ? last - 1 : last;
    }

    private void start(String instance) throws IOException {
        Path folder = Files.createDirectories(directory.resolve(String.valueOf(started++)));
        CleanerLoops loops = new CleanerLoops(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new CleanerLoops.Settings(instance, Duration.ofMillis(100), 20, CleanerLog.SETTINGS),
                Fixtures.cleaner(),
                ArtifactStore.open(URI.create(folder.toUri().toString()), folder.resolve("cache")),
                RocksStore.open(folder.resolve("duplicates")),
                new SimpleMeterRegistry(),
                (thread, cause) -> deaths.add(cause));
        loops.start();
        running.add(loops);
    }
}
