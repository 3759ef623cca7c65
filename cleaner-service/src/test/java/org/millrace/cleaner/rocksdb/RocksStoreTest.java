package org.millrace.cleaner.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksStoreTest {

    private static final byte[] KEY = {1, 2, 3};

    @TempDir
    Path folder;

    @Test
    void aDamagedStoreBeginsEmpty() throws IOException {
        try (RocksStore store = RocksStore.open(folder)) {
            put(store);
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path manifest : files.filter(
                            file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .toList()) {
                Files.write(manifest, new byte[] {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9});
            }
        }

        try (RocksStore store = RocksStore.open(folder)) {
            assertThat(store.get(KEY)).isNull();
            put(store);
            assertThat(store.get(KEY)).isEqualTo(KEY);
        }
    }

    /// Damage that is met while reading ends the process; the next one begins empty, and is not damaged.
    @Test
    void damageThatIsMetLaterIsRememberedForTheNextLife() throws IOException {
        try (RocksStore store = RocksStore.open(folder)) {
            put(store);
            TreeMap<byte[], byte[]> much = new TreeMap<>(Arrays::compareUnsigned);
            for (int i = 0; i < 20; i++) { // more than memory holds, so that tables are written
                much.clear();
                much.put(new byte[] {9, (byte) i}, random(i));
                for (int more = 0; more < 3; more++) {
                    much.put(new byte[] {8, (byte) i, (byte) more}, random(i + more));
                }
                store.write(much, new TreeSet<>(Arrays::compareUnsigned));
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

        try (RocksStore store = RocksStore.open(folder)) {
            assertThatThrownBy(() -> store.get(KEY))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("cannot be read");
        }
        for (int life = 0; life < 2; life++) {
            try (RocksStore store = RocksStore.open(folder)) {
                assertThat(store.get(KEY) == null).isEqualTo(life == 0);
                put(store);
            }
        }
    }

    private static byte[] random(int seed) {
        byte[] bytes = new byte[1 << 20];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void twoProcessesCannotShareAFolder() {
        try (RocksStore store = RocksStore.open(folder)) {
            assertThatThrownBy(() -> RocksStore.open(folder))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(folder.toString());
            put(store); // the first one is none the worse for it
        }
    }

    @Test
    void aClosedStoreSaysSo() {
        RocksStore store = RocksStore.open(folder);
        store.close();

        assertThatThrownBy(() -> store.get(KEY)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatIsWrittenIsThereAfterARestart() {
        try (RocksStore store = RocksStore.open(folder)) {
            put(store);
        }
        try (RocksStore store = RocksStore.open(folder)) {
            assertThat(store.get(KEY)).isEqualTo(KEY);
            assertThat(store.keys(new byte[] {1}, 9)).singleElement().isEqualTo(KEY);
        }
    }

    private static void put(RocksStore store) {
        TreeMap<byte[], byte[]> put = new TreeMap<>(Arrays::compareUnsigned);
        put.put(KEY, KEY);
        store.write(put, new TreeSet<>(Arrays::compareUnsigned));
    }
}
