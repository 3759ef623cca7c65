package org.millrace.crawler.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.HandClock;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Limits;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.Target;
import org.millrace.crawler.frontier.Done;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Index;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.frontier.MemoryIndex;
import org.millrace.crawler.frontier.Return;
import org.millrace.crawler.frontier.Turn;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.Standing;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Version;

/// The same things happen to a frontier on disk and to its twin in memory, restarts included: they give
/// the same turns. And whatever happens, no URL is in two hands, none is lost, and delays are kept.
class RocksIndexPropertyTest {

    private static final Duration LEASE = Duration.ofMinutes(10);
    private static final Frontier.Settings SETTINGS = new Frontier.Settings(LEASE, Duration.ofSeconds(1), 1_000);
    private static final int STEPS = 150;

    private static @Nullable Path folder;
    private static @Nullable RocksIndexes indexes;
    private static int used;

    @BeforeContainer
    static void open() throws IOException {
        Path temporary = Files.createTempDirectory("millrace-index-");
        folder = temporary;
        indexes = RocksIndexes.open(temporary.resolve("index"));
    }

    @AfterContainer
    static void close() throws IOException {
        if (indexes != null) {
            indexes.close();
        }
        if (folder != null) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Property(tries = 25)
    void aFrontierOnDiskIsItsTwinInMemory(@ForAll long seed) {
        RocksIndexes disk = indexes;
        if (disk == null) {
            throw new IllegalStateException("not opened");
        }
        new Life(disk.index(used++), new Random(seed)).live();
    }

    private static final class Life {

        private final HandClock clock = new HandClock();
        private final Index disk;
        private final Index memory = new MemoryIndex();
        private final Random random;
        private final Set<String> offered = new HashSet<>();
        private final Set<String> finished = new HashSet<>();
        private final Map<String, Instant> readyAt = new HashMap<>();
        private final List<Lease> inHands = new ArrayList<>();
        private final List<Lease> unpublished = new ArrayList<>();
        private Frontier one;
        private Frontier other;
        private long position;

        Life(Index disk, Random random) {
            this.disk = disk;
            this.random = random;
            one = open(disk);
            other = open(memory);
        }

        private Frontier open(Index index) {
            return new Frontier(index, "the log", SETTINGS, clock);
        }

        void live() {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(10)) {
                    case 0, 1 -> offer();
                    case 2, 3, 4, 5 -> take();
                    case 6 -> release();
                    case 7 -> putBack();
                    case 8 -> finish();
                    default -> {
                        clock.pass(Duration.ofMillis(random.nextInt(3_000)));
                        if (random.nextInt(12) == 0) {
                            restart();
                        }
                    }
                }
                assertThat(one.size()).isEqualTo(other.size());
                assertThat(one.hosts()).isEqualTo(other.hosts());
                assertThat(one.firstOpen()).isEqualTo(other.firstOpen());
                assertThat(one.counts("c")).isEqualTo(other.counts("c"));
            }
            drain();
            assertThat(finished).isEqualTo(offered);
        }

        private void offer() {
            List<Frontier.Offer> offers = new ArrayList<>();
            for (int left = random.nextInt(4); left > 0; left--) {
                String path = "/" + (char) ('a' + random.nextInt(26)) + (char) ('a' + random.nextInt(3));
                NormalUrl url = NormalUrl.of("http://h%d.example%s".formatted(random.nextInt(4), path))
                        .orElseThrow();
                Revisits revisits = new Revisits(Duration.ofSeconds(random.nextInt(2) * 90L), true);
                Limits limits = new Limits(9, 1_000, hosts(), revisits, Scope.EVERYTHING);
                Instant due = random.nextInt(5) == 0 ? clock.instant().plusSeconds(random.nextInt(50)) : Instant.EPOCH;
                Target target = new Target("c", url, "", 1, 0, limits).with(random.nextInt(4) / 3f, due);
                offers.add(new Frontier.Offer(target, position++));
                offered.add(url.toString());
            }
            one.offer(offers, position);
            other.offer(offers, position);
        }

        private void take() {
            Turn turn = one.take();
            assertThat(other.take()).isEqualTo(turn);
            if (turn instanceof Turn.Go(Lease lease)) {
                String host = lease.target().url().host();
                assertThat(inHands)
                        .extracting(held -> held.target().url().host())
                        .doesNotContain(host);
                assertThat(unpublished).extracting(Lease::url).doesNotContain(lease.url());
                assertThat(readyAt.getOrDefault(host, Instant.EPOCH)).isBeforeOrEqualTo(clock.instant());
                inHands.add(lease);
            }
        }

        private void release() {
            Lease lease = any(inHands);
            if (lease != null) {
                Instant ready = clock.instant().plusMillis(random.nextInt(2_000));
                readyAt.put(lease.target().url().host(), ready);
                one.giveBack(lease, Return.done(ready, Standing.GOOD));
                other.giveBack(lease, Return.done(ready, Standing.GOOD));
                unpublished.add(lease);
            }
        }

        private void putBack() {
            Lease lease = any(inHands);
            if (lease != null) {
                Instant due = clock.instant().plusMillis(random.nextInt(20_000));
                boolean rests = random.nextBoolean();
                Instant until = rests ? due : Instant.EPOCH;
                Standing standing = new Standing(1, 0, 1, until, Instant.EPOCH, Instant.EPOCH);
                readyAt.put(lease.target().url().host(), until);
                one.giveBack(lease, Return.again(lease.tries() + 1, due, Instant.EPOCH, standing));
                other.giveBack(lease, Return.again(lease.tries() + 1, due, Instant.EPOCH, standing));
            }
        }

        private void finish() {
            Lease lease = any(unpublished);
            if (lease != null) {
                finish(lease);
            }
        }

        private void finish(Lease lease) {
            Revisits revisits = lease.target().limits().revisits();
            LastVisit visit = new LastVisit(clock.instant(), revisits.after(), "aa", Version.UNKNOWN);
            List<Done> done = List.of(new Done(lease, Outcome.FETCHED, 10, true, visit, 0));
            assertThat(one.accept(lease)).isTrue();
            assertThat(other.accept(lease)).isTrue();
            one.finish(done);
            other.finish(done);
            finished.add(lease.target().url().toString());
        }

        /// Killed: what was in hands is in the queues again.
        private void restart() {
            inHands.clear();
            unpublished.clear();
            clock.pass(Duration.ofMillis(1));
            one.close();
            other.close();
            one = open(disk);
            other = open(memory);
        }

        private void drain() {
            for (int patience = 0; !finished.equals(offered) && patience < 10_000; patience++) {
                inHands.forEach(lease -> {
                    one.giveBack(lease, Return.done(clock.instant(), Standing.GOOD));
                    other.giveBack(lease, Return.done(clock.instant(), Standing.GOOD));
                    unpublished.add(lease);
                });
                inHands.clear();
                unpublished.forEach(this::finish);
                unpublished.clear();
                readyAt.clear();
                Turn turn = one.take();
                assertThat(other.take()).isEqualTo(turn);
                switch (turn) {
                    case Turn.Go(Lease lease) -> inHands.add(lease);
                    case Turn.Wait(Instant until) -> clock.at(until);
                }
            }
        }

        private @Nullable Lease any(List<Lease> leases) {
            return leases.isEmpty() ? null : leases.remove(random.nextInt(leases.size()));
        }

        private static Set<String> hosts() {
            return Set.of("h0.example", "h1.example", "h2.example", "h3.example");
        }
    }
}
