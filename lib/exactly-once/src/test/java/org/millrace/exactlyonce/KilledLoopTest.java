package org.millrace.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// Row A1 of `docs/faults.md`: 20,000 records and 5 kills; with `-Dmillrace.long=true` 100,000 and 30.
class KilledLoopTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final NumberedPages PAGES = new NumberedPages(Size.of(20_000, 100_000), true);
    private static final int KILLS = Size.of(5, 30);
    private static final String OUT = Events.topicName(DocumentCleaned.class);
    private static final String LETTERS = Events.deadLetterTopic(Events.topicName(PageFetched.class));

    @TempDir
    Path logs;

    @Test
    void aProcessKilledAgainAndAgainLosesNothingAndDoublesNothing() throws Exception {
        Log.publish(BROKER.bootstrapServers(), PAGES.records());
        int[] kills = new Random(9)
                .ints(KILLS, 1, PAGES.documents() * 9 / 10)
                .sorted()
                .toArray();
        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        List<ConsumerRecord<String, byte[]>> letters = new ArrayList<>();
        Process process = fork(0);
        try (KafkaConsumer<String, byte[]> reader = Log.reader(BROKER.bootstrapServers(), OUT);
                KafkaConsumer<String, byte[]> letterReader = Log.reader(BROKER.bootstrapServers(), LETTERS)) {
            for (int kill = 1; kill <= KILLS; kill++) {
                Log.read(reader, documents, kills[kill - 1]);
                process.destroyForcibly().waitFor();
                assertThat(documents.size()).as("killed in the middle").isLessThan(PAGES.documents());
                process = fork(kill);
            }
            Log.read(reader, documents, PAGES.documents());
            Log.read(letterReader, letters, PAGES.letters());
            Log.nothingMore(reader);
            Log.nothingMore(letterReader);
        } finally {
            process.destroyForcibly().waitFor();
        }

        PAGES.assertAllOnce(documents);
        assertThat(letters)
                .hasSize(PAGES.letters())
                .extracting(ConsumerRecord::key)
                .doesNotHaveDuplicates();
    }

    private Process fork(int life) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoopProcess.class.getName(),
                        BROKER.bootstrapServers(),
                        "160",
                        "15000")
                .redirectErrorStream(true)
                .redirectOutput(new File(logs.toFile(), life + ".log"))
                .start();
    }
}
