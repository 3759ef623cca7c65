package org.millrace.cleaner.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
