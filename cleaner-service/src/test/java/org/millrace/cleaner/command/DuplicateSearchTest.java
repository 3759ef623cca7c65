package org.millrace.cleaner.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.MemoryStore;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.duplicate.Store;

class DuplicateSearchTest {

    private static final Duplicates.Settings SETTINGS = new Duplicates.Settings(0, 1);
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"lines", "duplicates"})
    void aSearchThatCannotBeginLeavesNothingBehind(String inTheWay) throws IOException {
        Scratch scratch = new Scratch(Files.createDirectory(folder.resolve("search")));
        Files.writeString(scratch.at(inTheWay), "a file");

        assertThatThrownBy(() -> DuplicateSearch.in(scratch, SETTINGS, _ -> {}))
                .isInstanceOf(UncheckedIOException.class);

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aSearchThatEndedLeavesNothingBehind() throws IOException {
        Scratch scratch = new Scratch(Files.createDirectory(folder.resolve("search")));
        List<String> found = new ArrayList<>();

        DuplicateSearch.in(scratch, SETTINGS, search -> {
            found.addAll(files());
            search.add(candidate(0, signature(1, 1, 1)));
            search.finish(line -> found.add(line.verdict()));
        });

        assertThat(found).containsExactly("search", "kept");
        assertThat(folder).isEmptyDirectory();
    }

    /// The index of a search that waits for its next page.
    @Test
    void endingTheProcessLeavesNothingBehind() throws Exception {
        Path log = folder.resolve("clean.log");
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Process clean = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:+UseSerialGC",
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        CleanCommand.class.getName(),
                        "--duplicates",
                        "--input",
                        "jsonl",
                        "-")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(DEADLINE).until(() -> !clean.isAlive() || isIndexed(temporary));
            assertThat(clean.isAlive()).as(Files.readString(log)).isTrue();

            clean.destroy(); // SIGTERM, which ends it as Ctrl-C does

            assertThat(clean.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            clean.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("millrace-clean-"));
        }
    }

    /// RocksDB writes this file when its folder is ready.
    private static boolean isIndexed(Path temporary) throws IOException {
        try (Stream<Path> files = Files.walk(temporary)) {
            return files.anyMatch(file -> file.endsWith("duplicates/CURRENT"));
        }
    }

    /// Three pairs of near copies that a seventh page joins: the ways of two pages to the root become shorter.
    @Test
    void whatVerdictsChangeInTheIndexDoesNotPileUp() throws IOException {
        Written store = new Written();
        try (Spill lines = new Spill(folder.resolve("lines"))) {
            DuplicateSearch search = new DuplicateSearch(lines, store, SETTINGS, 0);
            for (int number = 0; number < 6; number++) {
                int pair = number / 2;
                search.add(candidate(number, signature(pair, pair, pair)));
            }
            search.add(candidate(6, signature(0, 1, 2)));
            store.sizes.clear();

            search.finish(_ -> {});
        }

        assertThat(store.sizes).containsExactly(1, 1);
    }

    private static final class Written implements Store {
        private final MemoryStore store = new MemoryStore();
        private final List<Integer> sizes = new ArrayList<>();

        @Override
        public byte @Nullable [] get(byte[] key) {
            return store.get(key);
        }

        @Override
        public List<byte @Nullable []> get(List<byte[]> keys) {
            return store.get(keys);
        }

        @Override
        public List<byte[]> keys(byte[] prefix, int limit) {
            return store.keys(prefix, limit);
        }

        @Override
        public void write(SortedMap<byte[], byte[]> put, SortedSet<byte[]> removed) {
            sizes.add(put.size() + removed.size());
            store.write(put, removed);
        }

        @Override
        public void clear() {
            store.clear();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    /// @param first value of the first band, and so on
    private static int[] signature(int first, int second, int others) {
        int band = MinHash.SIZE / 14;
        int[] signature = new int[MinHash.SIZE];
        Arrays.fill(signature, others);
        Arrays.fill(signature, 0, band, first);
        Arrays.fill(signature, band, 2 * band, second);
        return signature;
    }

    private static Candidate candidate(int number, int[] signature) {
        String text = "text number " + number;
        String id = "%032x%032x".formatted(number, 0);
        Line line = new Line(
                "page " + number,
                "kept",
                null,
                null,
                null,
                "",
                text,
                "",
                "",
                "",
                "",
                "",
                "",
                id,
                0,
                0,
                null,
                0,
                0,
                0,
                "",
                null);
        return new Candidate(line, "https://example.org/" + number, signature, new long[0]);
    }

    private List<String> files() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
