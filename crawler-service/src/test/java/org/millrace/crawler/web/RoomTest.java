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
        Room room = new Room(192 * 1024, 1024, MIB, Duration.ZERO);

        for (int i = 0; i < 1_000; i++) {
            assertThat(room.place().grow(190 * 1024)).isTrue();
        }
    }

    @Test
    void whoCannotGrowWaitsAndIsToldSo() throws InterruptedException {
        Room room = new Room(192 * 1024, MIB, 4 * MIB, Duration.ofMillis(1));
        try (Room.Place one = room.place();
                Room.Place alone = room.place();
                Room.Place third = room.place()) {
            assertThat(one.grow(MIB)).isTrue();
            assertThat(one.wasRefused()).isFalse();
            assertThat(alone.grow(2 * MIB)).isTrue();
            assertThat(alone.grow(4 * MIB)).isTrue();
            assertThat(alone.wasRefused()).isFalse();
            assertThat(third.grow(2 * MIB)).isFalse();
            assertThat(third.wasRefused()).isTrue();

            alone.close();
            assertThat(third.grow(2 * MIB)).isTrue();
        }
        assertThat(room.place().grow(MIB)).as("all was given back").isTrue();
    }

    @Test
    void nobodyHasMoreThanTheLargestAlsoAlone() throws InterruptedException {
        Room room = new Room(0, MIB, 4 * MIB, Duration.ZERO);
        try (Room.Place place = room.place()) {
            assertThat(place.grow(2 * MIB)).as("alone").isTrue();
            assertThat(place.grow(4 * MIB + 1)).isFalse();
            assertThat(place.holds(4 * MIB + 1)).isFalse();
            assertThat(place.wasRefused()).as("it never fits").isFalse();
        }
    }

    @Test
    void whatIsFreeIsAnEighthOfTheHeapHoweverManyPlacesThereAre() throws InterruptedException {
        Room room = Room.of(160 * MIB, 10_000, Duration.ZERO);
        try (Room.Place all = room.place();
                Room.Place alone = room.place();
                Room.Place third = room.place()) {
            assertThat(all.grow(40 * MIB)).isTrue();
            assertThat(alone.grow(80 * MIB)).isTrue();
            assertThat(third.grow(160 * MIB / 8 / 10_000)).isTrue();
            assertThat(third.grow(16 * 1024)).isFalse();
        }
        assertThat(Room.of(160 * MIB, 64, Duration.ZERO).place().grow(192 * 1024))
                .isTrue();
    }

    /// Each would wait a second, and whoever wants little behind it.
    @Test
    void moreThanAllThatIsSharedIsNotWaitedForThere() throws InterruptedException {
        Room room = new Room(0, MIB, 4 * MIB, Duration.ZERO);
        long start = System.nanoTime();
        try (Room.Place alone = room.place()) {
            assertThat(alone.grow(2 * MIB)).isTrue();
            for (int i = 0; i < 30; i++) {
                assertThat(room.place().grow(2 * MIB)).isFalse();
            }
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    /// Each holds a part and wants more: without the place that is alone none would end.
    @Test
    void placesThatGrowInStepsNeverHoldEachOtherForEver() throws Exception {
        Room room = new Room(192 * 1024, 8 * MIB, 10 * MIB, Duration.ofSeconds(60));
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
