package org.millrace.crawler.frontier;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.HandClock;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Limits;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.Target;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.Standing;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Version;

class FrontierTest {

    private static final String HOST = "example.org";
    private static final Duration LEASE = Duration.ofMinutes(10);
    private static final Frontier.Settings SETTINGS = new Frontier.Settings(LEASE, Duration.ofSeconds(1), 1_000);

    private final Index index = new MemoryIndex();
    private final HandClock clock = new HandClock();
    private Frontier frontier = open();

    @Test
    void eachUrlOfACrawlIsTakenOnce() {
        offer(target("one", "/a", 0), target("one", "/a", 3), target("one", "/./a#again", 1), target("two", "/a", 0));

        assertThat(takeAll()).extracting(Target::crawl).containsExactly("one", "two");
    }

    @Test
    void aHostIsInOnePairOfHandsAtATime() {
        offer(target("one", "/a", 0), target("one", "/b", 0));

        Lease lease = take().orElseThrow();
        assertThat(take()).isEmpty();
        frontier.giveBack(lease, Return.done(clock.instant(), Standing.GOOD));
        assertThat(take()).isPresent();
    }

    @Test
    void aHostIsAskedAgainAfterItsDelayAndAnotherMeanwhile() {
        offer(target("one", "/a", 0), target("one", "/b", 0));
        offer(new Target("one", url("http://other.example/"), "", 0, 0, limits(9)));

        Lease first = take().orElseThrow();
        Lease other = take().orElseThrow();
        assertThat(List.of(first.host(), other.host())).containsExactly("example.org", "other.example");
        Instant ready = clock.instant().plusMillis(700);
        frontier.giveBack(first, Return.done(ready, Standing.GOOD));

        assertThat(frontier.take()).isEqualTo(new Turn.Wait(ready));
        clock.pass(Duration.ofMillis(700));
        assertThat(take().orElseThrow().target().url().path()).isEqualTo("/b");
    }

    /// All of its URLs are fetched and none is published when the process dies: the next one need not wait
    /// for the end of leases that nobody has.
    @Test
    void whoeverTakesOverDoesNotWaitForTheLeasesOfTheDead() {
        offer(target("one", "/a", 0));
        frontier.giveBack(take().orElseThrow(), Return.done(clock.instant(), Standing.GOOD));
        assertThat(take()).isEmpty();
        clock.pass(Duration.ofSeconds(1));

        frontier = open();

        clock.pass(Duration.ofSeconds(1)); // the delay
        assertThat(take()).isPresent();
    }

    @Test
    void theMoreImportantComesFirst() {
        offer(target("one", "/deep", 3), target("one", "/seed", 0), target("one", "/linked", 1));
        offer(target("one", "/listed", 2).with(0.9f, Instant.EPOCH));

        assertThat(takeAll())
                .extracting(target -> target.url().path())
                .containsExactly("/seed", "/listed", "/linked", "/deep");
    }

    @Test
    void whatIsDueLaterIsNotTakenBefore() {
        Instant tomorrow = clock.instant().plus(Duration.ofDays(1));
        offer(target("one", "/tomorrow", 0).with(1, tomorrow), target("one", "/now", 2));

        Lease now = leaseOne();
        assertThat(now.target().url().path()).isEqualTo("/now");
        finish(now);
        assertThat(take()).isEmpty();
        assertThat(frontier.counts("one").queued()).isEqualTo(1);
        clock.at(tomorrow);
        assertThat(takeAll()).extracting(target -> target.url().path()).containsExactly("/tomorrow");
    }

    @Test
    void aUrlThatIsNotReturnedIsHandedOutAgainAndTheLateResultRefused() {
        offer(target("one", "/a", 0));
        Lease lost = take().orElseThrow();
        clock.pass(LEASE.minusMillis(1));
        assertThat(take()).isEmpty();
        clock.pass(Duration.ofMillis(1));

        Lease second = take().orElseThrow();

        assertThat(second.target()).isEqualTo(lost.target());
        assertThat(frontier.expired()).isEqualTo(1);
        frontier.giveBack(lost, Return.done(clock.instant(), Standing.GOOD)); // its host is not its own any more
        assertThat(take()).isEmpty();
        assertThat(frontier.accept(lost)).isFalse();
        assertThat(frontier.accept(second)).isTrue();
        frontier.finish(List.of(done(lost, Outcome.FAILED), done(second, Outcome.FETCHED)));
        assertThat(frontier.counts("one").done()).isEqualTo(java.util.Map.of(Outcome.FETCHED, 1L));
        assertThat(frontier.size()).isZero();
    }

    @Test
    void whatIsAcceptedIsNotHandedOutAgainHoweverLongItsTransactionTakes() {
        offer(target("one", "/a", 0));
        Lease lease = take().orElseThrow();
        frontier.giveBack(lease, Return.done(clock.instant(), Standing.GOOD));
        assertThat(frontier.accept(lease)).isTrue();

        clock.pass(LEASE.multipliedBy(3));

        assertThat(take()).isEmpty();
    }

    @Test
    void linksBeyondTheDepthOrOffTheHostsAreNotQueued() {
        offer(target("one", "/deep", 4));
        offer(new Target("one", url("http://elsewhere.example/"), "", 0, 0, limits(10)));
        offer(new Target("one", url("http://example.org/loop"), "", 0, 11, limits(10)));

        assertThat(take()).isEmpty();
        assertThat(frontier.counts("one").queued()).isZero();
    }

    @Test
    void pagesOfAHostAreLimited() {
        for (int i = 0; i < 9; i++) {
            offer(new Target("one", url("http://example.org/" + (char) ('a' + i)), "", 0, 0, limits(5)));
        }

        assertThat(takeAll()).hasSize(5);
        assertThat(frontier.counts("one").queued()).as("taken and not finished").isEqualTo(5);
    }

    @Test
    void whatCostsNoRequestLeavesRoom() {
        for (int i = 0; i < 3; i++) {
            offer(new Target("one", url("http://example.org/" + (char) ('a' + i)), "", 0, 0, limits(1)));
        }

        Lease disallowed = take().orElseThrow();
        frontier.giveBack(disallowed, Return.done(clock.instant(), Standing.GOOD));
        frontier.accept(disallowed);
        frontier.finish(List.of(new Done(disallowed, Outcome.DISALLOWED, 0, false, visit(0), 0)));

        assertThat(takeAll()).hasSize(1);
    }

    @Test
    void anEarlierLifeIsRemembered() {
        restore("/a", visit(0));
        restore("/a", visit(0));
        offer(new Target("one", url("http://example.org/a"), "", 0, 0, limits(2)));
        offer(new Target("one", url("http://example.org/b"), "", 0, 0, limits(2)));
        offer(new Target("one", url("http://example.org/c"), "", 0, 0, limits(2)));

        assertThat(takeAll()).extracting(t -> t.url().path()).containsExactly("/b");
        assertThat(frontier.counts("one").of(Outcome.FETCHED)).isEqualTo(1);
        assertThat(frontier.counts("one").bytes()).isEqualTo(7);
        assertThat(frontier.isKnown("one", url("http://example.org/a"))).isTrue();
        assertThat(frontier.isKnown("two", url("http://example.org/a"))).isFalse();
    }

    @Test
    void theFirstOpenPositionIsThatOfTheEarliestUnfinishedTarget() {
        assertThat(frontier.firstOpen()).isEmpty();
        offer(target("one", "/0", 0), target("one", "/x", 0), target("one", "/y", 0));
        List<Lease> leases = leaseAll();

        finish(leases.get(1));
        assertThat(frontier.firstOpen()).hasValue(0);
        finish(leases.get(0));
        assertThat(frontier.firstOpen()).hasValue(2);
        finish(leases.get(2));
        finish(leases.get(2));

        assertThat(frontier.firstOpen()).isEmpty();
        assertThat(frontier.size()).isZero();
        assertThat(frontier.counts("one").of(Outcome.FETCHED))
                .as("told twice, counted once")
                .isEqualTo(3);
    }

    // ---- another life with the same index

    @Test
    void whatWasInHandsIsStillQueuedInTheNextLife() {
        offer(target("one", "/a", 0), target("one", "/b", 0), target("one", "/c", 0));
        finish(leaseOne());
        leaseOne();

        frontier = open();
        clock.pass(Duration.ofSeconds(1));

        assertThat(frontier.discovered()).isEqualTo(3);
        assertThat(frontier.firstOpen()).hasValue(1);
        assertThat(frontier.counts("one").queued()).isEqualTo(2);
        assertThat(takeAll()).extracting(t -> t.url().path()).containsExactly("/b", "/c");
    }

    @Test
    void theDelayHoldsAcrossLives() {
        offer(target("one", "/a", 0), target("one", "/b", 0));
        Lease lease = take().orElseThrow();
        clock.pass(Duration.ofSeconds(1));
        frontier.giveBack(lease, Return.done(clock.instant().plusSeconds(20), Standing.GOOD));
        clock.pass(Duration.ofSeconds(20));
        assertThat(take()).isPresent(); // asked, and killed while the answer was on its way
        clock.pass(Duration.ofMillis(1));

        frontier = open();

        assertThat(frontier.take()).isEqualTo(new Turn.Wait(clock.instant().plusSeconds(20)));
    }

    @Test
    void aRestHoldsAcrossLives() {
        offer(target("one", "/a", 0));
        Lease lease = take().orElseThrow();
        Instant rested = clock.instant().plus(Duration.ofHours(3));
        Standing resting = new Standing(4, 0, 2, rested, clock.instant(), Instant.EPOCH);
        frontier.giveBack(lease, Return.again(1, rested, clock.instant(), resting));

        frontier = open();
        clock.pass(Duration.ofHours(2));
        assertThat(take()).isEmpty();
        clock.at(rested);

        Lease again = take().orElseThrow();
        assertThat(again.standing()).isEqualTo(resting);
        assertThat(again.tries()).isEqualTo(1);
    }

    @Test
    void anIndexOfAnotherLogIsEmptied() {
        offer(target("one", "/a", 0));

        frontier = new Frontier(index, "another log", SETTINGS, clock);

        assertThat(frontier.discovered()).isZero();
        assertThat(frontier.size()).isZero();
        assertThat(frontier.isKnown("one", url("http://example.org/a"))).isFalse();
    }

    @Test
    void visitsOfAnotherInstanceAreLearnedFromTheLog() {
        offer(target("one", "/a", 0), target("one", "/b", 0));

        restore("/a", visit(0));

        assertThat(takeAll()).extracting(t -> t.url().path()).containsExactly("/b");
        assertThat(frontier.counts("one").queued()).isEqualTo(1);
    }

    // ---- revisits

    @Test
    void aPageIsTakenAgainWhenItsRevisitIsDue() {
        offer(revisited("/a"));
        Lease first = leaseOne();
        assertThat(first.last()).isEqualTo(LastVisit.NONE);
        LastVisit visit = visit(3600);
        finish(first, visit);
        assertThat(frontier.counts("one").queued())
                .as("a crawl that only revisits is idle")
                .isZero();
        clock.pass(Duration.ofSeconds(3599));
        assertThat(take()).isEmpty();
        clock.pass(Duration.ofSeconds(1));

        Lease second = leaseOne();

        assertThat(second.last()).isEqualTo(visit);
        assertThat(frontier.counts("one").queued()).as("until one is under way").isEqualTo(1);
        assertThat(frontier.firstOpen()).isEmpty();
        frontier.accept(second);
        frontier.finish(List.of(new Done(second, Outcome.UNCHANGED, 0, true, visit(5000), 0)));
        assertThat(frontier.counts("one").of(Outcome.UNCHANGED)).isEqualTo(1);
        assertThat(frontier.size()).isZero();
    }

    @Test
    void revisitsComeBackFromTheLogAlone() {
        restore("/a", visit(60));
        offer(revisited("/a"));

        assertThat(take()).isEmpty();
        clock.pass(Duration.ofSeconds(60));
        assertThat(take().orElseThrow().last().interval()).isEqualTo(Duration.ofSeconds(60));
    }

    // ---- traps

    @Test
    void patternsHaveBudgets() {
        Limits limits = limits(100_000);
        List<Target> days = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            days.add(new Target(
                    "one", url("http://example.org/calendar?day=%d&month=5".formatted(i)), "", 1, 0, limits));
        }
        days.add(new Target("one", url("http://example.org/about"), "", 1, 0, limits));

        frontier.offer(days);

        assertThat(frontier.size()).isEqualTo(SETTINGS.maxPerPattern() + 1);
    }

    @Test
    void pathsThatRepeatThemselvesAreNotQueued() {
        offer(target("one", "/a/b/a/b/a/b/", 1), target("one", "/x/x/x", 1), target("one", "/a/b/a/b/c", 1));

        assertThat(takeAll()).extracting(t -> t.url().path()).containsExactly("/a/b/a/b/c");
    }

    private Frontier open() {
        return new Frontier(index, "the log", SETTINGS, clock);
    }

    private void offer(Target... targets) {
        frontier.offer(List.of(targets));
    }

    private void restore(String path, LastVisit visit) {
        frontier.restore(
                List.of(new Frontier.Visit("one", url("http://example.org" + path), Outcome.FETCHED, 7, true, visit)),
                1);
    }

    private Optional<Lease> take() {
        return frontier.take() instanceof Turn.Go(Lease lease) ? Optional.of(lease) : Optional.empty();
    }

    private Lease leaseOne() {
        Lease lease = take().orElseThrow();
        frontier.giveBack(lease, Return.done(clock.instant(), Standing.GOOD));
        return lease;
    }

    private List<Lease> leaseAll() {
        List<Lease> taken = new ArrayList<>();
        for (var next = take(); next.isPresent(); next = take()) {
            taken.add(next.get());
            frontier.giveBack(next.get(), Return.done(clock.instant(), Standing.GOOD));
        }
        return taken;
    }

    private List<Target> takeAll() {
        return leaseAll().stream().map(Lease::target).toList();
    }

    private void finish(Lease lease) {
        finish(lease, visit(0));
    }

    private void finish(Lease lease, LastVisit visit) {
        frontier.accept(lease);
        frontier.finish(List.of(new Done(lease, Outcome.FETCHED, 1, true, visit, 0)));
    }

    private Done done(Lease lease, Outcome outcome) {
        return new Done(lease, outcome, 1, true, visit(0), 0);
    }

    private LastVisit visit(long interval) {
        return new LastVisit(clock.instant(), Duration.ofSeconds(interval), "aa", new Version("\"1\"", ""));
    }

    private static Target revisited(String path) {
        Revisits hourly = new Revisits(Duration.ofHours(1), false);
        Limits limits = new Limits(3, 1, Set.of(HOST), hourly, Scope.EVERYTHING);
        return new Target("one", url("http://" + HOST + path), "", 0, 0, limits);
    }

    private static Target target(String crawl, String path, int depth) {
        return new Target(crawl, url("http://" + HOST + path), "", depth, 0, limits(100));
    }

    private static Limits limits(int maxPages) {
        return new Limits(3, maxPages, Set.of(HOST, "other.example"));
    }

    private static NormalUrl url(String text) {
        return NormalUrl.of(text).orElseThrow();
    }
}
