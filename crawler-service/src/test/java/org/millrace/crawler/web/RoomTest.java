package org.millrace.crawler.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RoomTest {

    private static final long MIB = 1 << 20;

    @Test
    void aLittleIsFreeForEverybody() throws InterruptedException {
        Room room = new Room(1024, MIB, Duration.ZERO);

        for (int i = 0; i < 1_000; i++) {
            assertThat(room.place().grow(190 * 1024)).isTrue();
        }
    }

    @Test
    void whoCannotGrowWaitsAndIsToldSo() throws InterruptedException {
        Room room = new Room(MIB, 4 * MIB, Duration.ofMillis(1));
        try (Room.Place one = room.place();
                Room.Place alone = room.place();
                Room.Place third = room.place()) {
            assertThat(one.grow(MIB)).isTrue();
            assertThat(one.waited()).isFalse();
            assertThat(alone.grow(2 * MIB)).isTrue();
            assertThat(alone.grow(4 * MIB)).isTrue();
            assertThat(alone.waited()).isTrue();
            assertThat(third.grow(2 * MIB)).isFalse();

            alone.close();
            assertThat(third.grow(2 * MIB)).isTrue();
        }
        assertThat(room.place().grow(MIB)).as("all was given back").isTrue();
    }

    /// Each holds a part and wants more: without the place that is alone none would end.
    @Test
    void placesThatGrowInStepsNeverHoldEachOtherForEver() throws Exception {
        Room room = new Room(8 * MIB, 10 * MIB, Duration.ofSeconds(60));
        AtomicLong held = new AtomicLong();
        AtomicLong most = new AtomicLong();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                all.add(threads.submit(() -> {
                    try (Room.Place place = room.place()) {
                        boolean grown = true;
                        for (long bytes = MIB; bytes <= 8 * MIB; bytes *= 2) {
                            grown &= place.grow(bytes);
                            most.accumulateAndGet(held.addAndGet(bytes == MIB ? bytes : bytes / 2), Math::max);
                        }
                        held.addAndGet(-8 * MIB);
                        return grown;
                    }
                }));
            }
            for (Future<Boolean> one : all) {
                assertThat(one.get(60, TimeUnit.SECONDS)).isTrue();
            }
        }
        assertThat(most.get())
                .as("what is shared, what is alone, and what is free")
                .isLessThan(8 * MIB + 10 * MIB + 16 * MIB / 4);
    }
}
