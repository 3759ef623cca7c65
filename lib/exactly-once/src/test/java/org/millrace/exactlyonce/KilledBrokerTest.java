package org.millrace.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;

/// Row A2 of `docs/faults.md`: the broker is killed and started again under a loop, three times; with
/// `-Dmillrace.long=true` ten times.
class KilledBrokerTest {

    private static final NumberedPages PAGES = new NumberedPages(Size.of(20_000, 100_000), false);
    private static final int KILLS = Size.of(3, 10);
    private static final Duration PROGRESS = Duration.ofSeconds(60);

    @TempDir
    Path data;

    private @Nullable Process broker;
    private int port;
    private volatile boolean done;
    private volatile @Nullable TransactionalLoop loop;

    @AfterEach
    void end() throws InterruptedException {
        if (broker != null) {
            broker.destroyForcibly().waitFor();
        }
    }

    @Test
    void aBrokerKilledAndStartedAgainLosesNothingAndDoublesNothing() throws Exception {
        start();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap()))) {
            admin.createTopics(List.of(
                            new NewTopic(Events.topicName(PageFetched.class), 4, (short) 1),
                            new NewTopic(Events.topicName(DocumentCleaned.class), 4, (short) 1)))
                    .all()
                    .get(60, TimeUnit.SECONDS);
        }
        Log.publish(bootstrap(), PAGES.records());
        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        CompletableFuture<Void> service = Log.start(this::superviseLoop);
        try (KafkaConsumer<String, byte[]> reader = Log.reader(bootstrap(), Events.topicName(DocumentCleaned.class))) {
            int[] kills = new Random(4)
                    .ints(KILLS, 1, PAGES.documents() * 8 / 10)
                    .sorted()
                    .toArray();
            for (int kill : kills) {
                Log.read(reader, documents, kill);
                kill();
                int before = documents.size();
                start();
                long restarted = System.nanoTime();
                Log.read(reader, documents, before + 1);
                assertThat(Duration.ofNanos(System.nanoTime() - restarted))
                        .as("progress after the broker is back")
                        .isLessThan(PROGRESS);
                assertThat(documents.size()).as("killed in the middle").isLessThan(PAGES.documents());
            }
            Log.read(reader, documents, PAGES.documents());
            Log.nothingMore(reader);
        }
        stopLoop();
        service.get(30, TimeUnit.SECONDS);

        PAGES.assertAllOnce(documents);
    }

    /// As Kubernetes does: a loop that ends with an error is started again.
    private void superviseLoop() {
        while (!done) {
            try (var consumer = LoopProcess.consumer(bootstrap(), "0", 160);
                    var producer = LoopProcess.producer(bootstrap())) {
                consumer.subscribe(List.of(Events.topicName(PageFetched.class)));
                var next = new TransactionalLoop(
                        consumer, producer, LoopProcess.slowly(Duration.ofMillis(15)), Duration.ofMillis(100));
                loop = next;
                next.run();
            } catch (KafkaException e) {
                System.err.println("the loop ended and is started again: " + e);
            }
        }
    }

    private void stopLoop() {
        done = true;
        if (loop != null) {
            loop.stop();
        }
    }

    private void start() throws IOException {
        broker = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BrokerProcess.class.getName(),
                        data.resolve("kafka").toString(),
                        Integer.toString(port))
                .redirectError(ProcessBuilder.Redirect.appendTo(new File(data.toFile(), "broker.log")))
                .start();
        String line =
                new BufferedReader(new InputStreamReader(broker.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertThat(line).as("the broker's first line").matches("\\d+");
        port = Integer.parseInt(line);
    }

    /// SIGKILL: nothing is flushed, no snapshot is written, the open transaction stays open.
    private void kill() throws InterruptedException {
        if (broker != null) {
            broker.destroyForcibly().waitFor();
        }
    }

    private String bootstrap() {
        return "127.0.0.1:" + port;
    }
}
