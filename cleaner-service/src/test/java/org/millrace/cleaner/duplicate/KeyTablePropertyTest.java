package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class KeyTablePropertyTest {

    @Property(tries = 50)
    void itIsAMap(@ForAll long seed, @ForAll @IntRange(max = 5_000) int size) {
        Random random = new Random(seed);
        KeyTable table = new KeyTable();
        Map<Long, Integer> twin = new HashMap<>();
        for (int i = 0; i < size; i++) {
            long key = random.nextInt(4) == 0 ? random.nextInt(64) : random.nextLong(); // 0 and collisions too
            table.putIfAbsent(key, i);
            twin.putIfAbsent(key, i);
        }

        twin.forEach((key, number) -> assertThat(table.get(key)).isEqualTo(number));
        assertThat(table.get(Long.MIN_VALUE + 17)).isEqualTo(twin.getOrDefault(Long.MIN_VALUE + 17, KeyTable.ABSENT));
    }
}
