package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that is killed again and again (SIGKILL), half of the times inside a write, ends as one
/// that was left alone, bit by bit.
class KilledTrainingTest {

    private static final int KILLS = Integer.getInteger("millrace.training.kills", 5);

    /// A state after each: far more time goes into writes than into steps.
    private static final int EACH = 14;

    private static final int STEPS = (KILLS + 1) * EACH;

    @Test
    void aKilledRunEndsAsIfNothingHadHappened(@TempDir Path temp) throws Exception {
        Random random = new Random(7);
        Path whole = temp.resolve("whole");
        Path killed = temp.resolve("killed");
        Path log = temp.resolve("log");
        for (int kill = 0; kill < KILLS; kill++) {
            long enough = (long) kill * EACH + 1 + random.nextInt(EACH / 2);
            Process process = PretrainingProcess.start(STEPS, killed, log);
            try {
                await().atMost(Duration.ofSeconds(60))
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> newest(killed) >= enough || !process.isAlive());
                assertThat(process.isAlive()).as(() -> read(log)).isTrue();
                if (kill % 2 == 0) {
                    Path draft = PretrainingProcess.states(killed).resolve("next.tmp");
                    await().atMost(Duration.ofSeconds(60))
                            .pollDelay(Duration.ZERO)
                            .pollInterval(Duration.ofNanos(200_000))
                            .until(() -> Files.exists(draft) || !process.isAlive());
                } else {
                    LockSupport.parkNanos(random.nextInt(5_000_000)); // not always right after a state
                }
            } finally {
                process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            }
        }
        assertThat(killed.resolve("figures")).as("killed in the middle").doesNotExist();
        List<Long> lives = Files.readAllLines(PretrainingProcess.lives(killed)).stream()
                .map(Long::valueOf)
                .toList();
        assertThat(lives)
                .as("begun once, and gone on from then on")
                .startsWith(1L)
                .isSorted();
        assertThat(lives).filteredOn(step -> step == 1).hasSize(1);

        PretrainingProcess.run(STEPS, killed, Tiny.Notes.keepingSeldom(killed, PretrainingProcess.states(killed)));
        PretrainingProcess.run(STEPS, whole, new Tiny.Notes(whole));

        assertThat(killed.resolve("figures")).hasSameTextualContentAs(whole.resolve("figures"));
        assertThat(killed.resolve("model-%d/model.safetensors".formatted(STEPS)))
                .hasSameBinaryContentAs(whole.resolve("model-%d/model.safetensors".formatted(STEPS)));
    }

    private static long newest(Path dir) throws IOException {
        Path states = PretrainingProcess.states(dir);
        if (!Files.isDirectory(states)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(states)) {
            Optional<String> newest = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".state"))
                    .max(String::compareTo);
            return newest.map(name -> Long.parseLong(name.substring(0, name.indexOf('.'))))
                    .orElse(0L);
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "no log: " + e;
        }
    }
}
