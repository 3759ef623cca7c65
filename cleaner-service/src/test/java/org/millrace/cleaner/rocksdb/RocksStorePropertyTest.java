package org.millrace.cleaner.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.duplicate.MemoryStore;
import org.millrace.cleaner.duplicate.Store;

class RocksStorePropertyTest {

    /// Against the store in memory, with keys that are prefixes of each other, bytes over 127, and restarts.
    @Property(tries = 4)
    void itHoldsWhatAMapHolds(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        Path folder = Files.createTempDirectory("rocks-");
        Store twin = new MemoryStore();
        Store store = RocksStore.open(folder);
        try {
            for (int round = 0; round < 60; round++) {
                SortedMap<byte[], byte[]> put = new TreeMap<>(Arrays::compareUnsigned);
                SortedSet<byte[]> removed = new TreeSet<>(Arrays::compareUnsigned);
                for (int i = 0, changes = random.nextInt(20); i < changes; i++) {
                    byte[] key = key(random);
                    if (random.nextInt(3) == 0) {
                        removed.add(key);
                        put.remove(key);
                    } else {
                        put.put(key, key(random));
                        removed.remove(key);
                    }
                }
                twin.write(put, removed);
                store.write(put, removed);
                if (random.nextInt(20) == 0) {
                    store.close();
                    store = RocksStore.open(folder);
                }
                if (random.nextInt(40) == 0) {
                    store.clear();
                    twin.clear();
                }
                byte[] asked = key(random);
                assertThat(store.get(asked)).isEqualTo(twin.get(asked));
                List<byte[]> several = Stream.generate(() -> key(random))
                        .limit(random.nextInt(30))
                        .toList();
                assertThat(hex(store.get(several)))
                        .isEqualTo(several.stream()
                                .map(twin::get)
                                .map(Arrays::toString)
                                .toList());
                int limit = 1 + random.nextInt(6);
                assertThat(hex(store.keys(asked, limit))).isEqualTo(hex(twin.keys(asked, limit)));
            }
        } finally {
            store.close();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static List<String> hex(List<? extends byte @Nullable []> keys) {
        return keys.stream().map(Arrays::toString).toList();
    }

    private static byte[] key(Random random) {
        byte[] key = new byte[1 + random.nextInt(3)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (random.nextInt(4) * 85); // 0, 85, 170, 255
        }
        return key;
    }
}
