package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.inference.onnx.OnnxDecoder;

/// Everything that a server does, again and again: answers, callers who leave, scores, pauses, newer and older
/// versions. What is held at the end is what was held at the beginning.
///
/// `-Dmillrace.soak.minutes=60` goes on for an hour, and then looks at the resident set too.
class SoakTest {

    private static final int SLOTS = 8;
    private static final int ROUNDS = 30;
    private static final long MINUTES = Long.getLong("millrace.soak.minutes", 0);

    /// Of the resident set, once the heap and the caches of compiled code have their size.
    private static final double MAX_KIB_A_MINUTE = 1024;

    private final SplittableRandom random = new SplittableRandom(9);
    private final AtomicInteger decoders = new AtomicInteger();
    private final ArtifactStore store;
    private final Models models;
    private final List<Publication> versions = new ArrayList<>();

    SoakTest(@TempDir Path directory) throws IOException {
        store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        models = new Models(
                store,
                directory.resolve("scratch"),
                (checkpoint, rows, weights) ->
                        new Counted(OnnxDecoder.factory(1).open(checkpoint, rows, weights), decoders),
                Precisions.AS_TRAINED,
                Optional.empty(),
                new Engine.Limits(SLOTS, 512, 16, Duration.ofMillis(1), 0.1),
                new Tally(),
                (thread, cause) -> {});
        for (int version = 1; version <= 3; version++) {
            versions.add(new Publication(
                    "policy",
                    version,
                    "test",
                    TinyModel.TOKENIZER_VERSION,
                    store.putDirectory(TinyModel.write(directory, version))));
        }
    }

    @Test
    void nothingIsHeldInTheEnd() throws Exception {
        long begin = System.nanoTime();
        long warm = Duration.ofMinutes(MINUTES).toNanos() / 4;
        long warmKib = 0;
        long warmAt = begin;
        int round = 0;
        while (round < ROUNDS
                || System.nanoTime() - begin < Duration.ofMinutes(MINUTES).toNanos()) {
            models.publish(versions.get(random.nextInt(versions.size())));
            round();
            round++;
            if (warmKib == 0 && MINUTES > 0 && System.nanoTime() - begin > warm) {
                warmKib = residentKib();
                warmAt = System.nanoTime();
            }
        }

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(models.running() + models.waiting()).isZero();
            assertThat(models.cacheUsage("policy")).isZero();
            assertThat(decoders).as("of one version, with its tensors").hasValue(1);
        });
        if (MINUTES > 0) {
            double minutes = (System.nanoTime() - warmAt) / 60e9;
            assertThat((residentKib() - warmKib) / minutes).as("KiB a minute").isLessThan(MAX_KIB_A_MINUTE);
        }
        models.close();
        assertThat(decoders).hasValue(0);
    }

    private void round() throws Exception {
        Engine engine = models.take("policy").engine();
        List<Answers> staying = new ArrayList<>();
        List<Scoring> scorings = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int samples = random.nextInt(1, 4);
            int length = random.nextInt(1, 20);
            var answers = new Answers(samples);
            var generation = new Generation(
                    random.ints(random.nextInt(1, 40), 5, 250).toArray(),
                    new Sampling(1, 0, 1, random.nextLong()),
                    samples,
                    length,
                    true,
                    List.of(),
                    answers);
            assertThat(engine.submit(generation)).isTrue();
            switch (random.nextInt(4)) {
                case 0 -> generation.cancel();
                case 1 -> models.enter(Mode.PAUSED);
                default -> staying.add(answers);
            }
            var scoring =
                    new Scoring(new int[] {5, 6}, List.of(random.ints(5, 5, 250).toArray()), 1);
            assertThat(engine.submit(scoring)).isTrue();
            if (random.nextBoolean()) {
                scoring.result().cancel(false);
            } else {
                scorings.add(scoring);
            }
        }
        models.enter(Mode.SERVING);
        if (random.nextBoolean()) {
            models.publish(versions.get(random.nextInt(versions.size()))); // those above finish on the version before
        }
        for (Answers answers : staying) {
            assertThat(answers.await()).isNotEmpty();
        }
        for (Scoring scoring : scorings) {
            assertThat(scoring.result()).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
