package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// A cleaner that is killed again and again, on a real broker: every page gets its verdict, and nothing is
/// said twice, and what is said is what a cleaner says that was never killed.
///
/// `-Dmillrace.killed.pages=20000 -Dmillrace.killed.kills=5` is the size of table A1; the default is what
/// a few seconds allow.
class KilledCleanerTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final int PAGES = Integer.getInteger("millrace.killed.pages", 300);
    private static final int KILLS = Integer.getInteger("millrace.killed.kills", 3);
    private static final int POISON = 8;
    private static final Duration DEADLINE = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    @Test
    void killsLoseNothingAndRepeatNothing() throws Exception {
        List<PageFetched> pages = Corpus.pages(PAGES);
        Corpus.publish(BROKER.bootstrapServers(), pages, POISON);
        Random random = new Random(9);
        CleanerLog outputs = new CleanerLog(BROKER.bootstrapServers());

        for (int kill = 0; kill < KILLS; kill++) {
            int goal = (kill + 1) * (PAGES / (KILLS + 1)) - random.nextInt(40);
            Process cleaner = start();
            try {
                await().atMost(DEADLINE).until(() -> outputs.judged() >= goal || !cleaner.isAlive());
                assertThat(cleaner.isAlive())
                        .describedAs(Files.readString(log()))
                        .isTrue();
            } finally {
                cleaner.destroyForcibly().waitFor(10, TimeUnit.SECONDS); // SIGKILL
            }
            assertThat(outputs.judged()).isLessThan(PAGES); // it was killed in the middle
        }
        Process cleaner = start();
        try {
            outputs.awaitAll(PAGES, POISON);
        } finally {
            cleaner.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }

        outputs.verify(pages, POISON);
        outputs.close();
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        CleanerProcess.class.getName(),
                        BROKER.bootstrapServers(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private Path log() {
        return directory.resolve("cleaner.log");
    }
}
