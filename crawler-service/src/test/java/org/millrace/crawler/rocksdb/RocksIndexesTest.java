package org.millrace.crawler.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.crawler.frontier.Index;

class RocksIndexesTest {

    private final Path folder;

    RocksIndexesTest(@TempDir Path temporary) {
        folder = temporary.resolve("index");
    }

    @Test
    void whatIsWrittenIsThereInTheNextLife() throws IOException {
        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            indexes.index(3).write(List.of(put("a", "1"), put("b", "2"), put("c", "3")));
            indexes.index(3).write(List.of(remove("b")));
        }

        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            assertThat(indexes.index(3).get(bytes("a"))).isEqualTo(bytes("1"));
            assertThat(indexes.index(3).get(bytes("b"))).isNull();
            assertThat(walk(indexes.index(3), "", "")).containsExactly("a=1", "c=3");
        }
    }

    @Test
    void partitionsDoNotSeeEachOther() throws IOException {
        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            for (int partition : new int[] {0, 1, 255, 256}) {
                indexes.index(partition).write(List.of(put("x", "of " + partition)));
            }

            indexes.index(255).clear();

            assertThat(walk(indexes.index(0), "", "")).containsExactly("x=of 0");
            assertThat(walk(indexes.index(1), "", "")).containsExactly("x=of 1");
            assertThat(walk(indexes.index(255), "", "")).isEmpty();
            assertThat(walk(indexes.index(256), "", "")).containsExactly("x=of 256");
        }
    }

    @Test
    void aWalkStaysWithinItsPrefixAndEndsWhenTold() throws IOException {
        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            Index index = indexes.index(0);
            index.write(List.of(put("a", ""), put("ha", ""), put("hb", ""), put("hc", ""), put("i", "")));

            assertThat(walk(index, "h", "h")).containsExactly("ha=", "hb=", "hc=");
            assertThat(walk(index, "h", "hb")).containsExactly("hb=", "hc=");
            List<String> first = new ArrayList<>();
            index.walk(bytes("h"), bytes("h"), (key, _) -> {
                first.add(new String(key, UTF_8));
                return false;
            });
            assertThat(first).containsExactly("ha");
        }
    }

    @Test
    void oneProcessHasAFolderAtATime() throws IOException {
        try (RocksIndexes _ = RocksIndexes.open(folder)) {
            assertThatThrownBy(() -> RocksIndexes.open(folder))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(folder.toString());
        }
    }

    @Test
    void whatIsClosedAnswersNobody() throws IOException {
        RocksIndexes indexes = RocksIndexes.open(folder);
        Index index = indexes.index(0);
        indexes.close();
        indexes.close();

        assertThatThrownBy(() -> index.get(bytes("a"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aDamagedIndexIsBegunAnew() throws IOException {
        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            indexes.index(0).write(List.of(put("a", "1")));
        }
        try (Stream<Path> files = Files.list(folder)) {
            Path manifest = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .findFirst()
                    .orElseThrow();
            Files.write(manifest, new byte[200], StandardOpenOption.TRUNCATE_EXISTING);
        }

        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            assertThat(walk(indexes.index(0), "", "")).isEmpty();
        }
    }

    /// Damage that is met while reading ends the process; the next one begins anew.
    @Test
    void damageThatIsMetLaterIsRememberedForTheNextLife() throws IOException {
        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            for (int i = 0; i < 30; i++) { // more than memory holds, so that tables are written
                indexes.index(0).write(List.of(put("a" + i, "1".repeat(1 << 20))));
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path table :
                    files.filter(file -> file.toString().endsWith(".sst")).toList()) {
                byte[] bytes = Files.readAllBytes(table);
                for (int i = 0; i < bytes.length / 2; i++) {
                    bytes[i] ^= 0x55;
                }
                Files.write(table, bytes);
            }
        }

        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            assertThatThrownBy(() -> walk(indexes.index(0), "", "")).isInstanceOf(UncheckedIOException.class);
        }
        try (RocksIndexes indexes = RocksIndexes.open(folder)) {
            assertThat(walk(indexes.index(0), "", "")).isEmpty();
        }
    }

    private static List<String> walk(Index index, String prefix, String from) {
        List<String> seen = new ArrayList<>();
        index.walk(
                bytes(prefix),
                bytes(from),
                (key, value) -> seen.add(new String(key, UTF_8) + "=" + new String(value, UTF_8)));
        return seen;
    }

    private static Index.Change put(String key, String value) {
        return new Index.Change(bytes(key), bytes(value));
    }

    private static Index.Change remove(String key) {
        byte @Nullable [] nothing = null;
        return new Index.Change(bytes(key), nothing);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
