package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FrontierTest {

    private static final String HOST = "example.org";

    private final Frontier frontier = new Frontier();
    private final List<HostQueue> started = new ArrayList<>();
    private long position;

    @Test
    void eachUrlOfACrawlIsTakenOnce() {
        offer(target("one", "/a", 0));
        offer(target("one", "/a", 3));
        offer(target("one", "/./a#again", 1));
        offer(target("two", "/a", 0));

        assertThat(takeAll()).extracting(Target::crawl).containsExactly("one", "two");
    }

    @Test
    void aHostHasOneWorkerAtATime() {
        offer(target("one", "/a", 0));
        offer(target("one", "/b", 0));
        assertThat(started).hasSize(1);

        takeAll();
        offer(target("one", "/c", 0));
        assertThat(started).hasSize(2);
    }

    @Test
    void linksBeyondTheDepthOrOffTheHostsAreNotQueued() {
        offer(target("one", "/deep", 4));
        offer(new Target("one", url("http://elsewhere.example/"), "", 0, 0, limits(10)));
        offer(new Target("one", url("http://example.org/loop"), "", 0, Target.MAX_REDIRECTS + 1, limits(10)));

        assertThat(started).isEmpty();
        assertThat(frontier.counts("one").queued()).isZero();
    }

    @Test
    void pagesOfAHostAreLimited() {
        for (int i = 0; i < 9; i++) {
            offer(new Target("one", url("http://example.org/" + i), "", 0, 0, limits(5)));
        }

        assertThat(takeAll()).hasSize(5);
        assertThat(frontier.counts("one").queued()).as("taken and not finished").isEqualTo(5);
    }

    @Test
    void whatCostsNoRequestLeavesRoom() {
        for (int i = 0; i < 3; i++) {
            offer(new Target("one", url("http://example.org/" + i), "", 0, 0, limits(1)));
        }
        HostQueue host = started.getFirst();

        Target disallowed = frontier.take(host).orElseThrow();
        frontier.refund(host, disallowed);

        assertThat(frontier.take(host)).isPresent();
        assertThat(frontier.take(host)).isEmpty();
    }

    @Test
    void anEarlierLifeIsRemembered() {
        frontier.restore("one", url("http://example.org/a"), Outcome.FETCHED, 7, true);
        frontier.restore("one", url("http://example.org/a"), Outcome.FETCHED, 7, true);
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
        offer(target("one", "/0", 0));
        offer(target("one", "/1", 0));
        offer(target("one", "/2", 0));
        List<Target> targets = takeAll();

        frontier.finish(targets.get(1), Outcome.FETCHED, 1);
        assertThat(frontier.firstOpen()).hasValue(0);
        frontier.finish(targets.get(0), Outcome.HTTP_ERROR, 0);
        assertThat(frontier.firstOpen()).hasValue(2);
        frontier.finish(targets.get(2), Outcome.FAILED, 0);
        frontier.finish(targets.get(2), Outcome.FAILED, 0);

        assertThat(frontier.firstOpen()).isEmpty();
        assertThat(frontier.size()).isZero();
        assertThat(frontier.counts("one").queued()).isZero();
        assertThat(frontier.counts("one").of(Outcome.FAILED))
                .as("told twice, counted once")
                .isEqualTo(1);
    }

    private void offer(Target target) {
        frontier.offer(target, position++).ifPresent(started::add);
    }

    private List<Target> takeAll() {
        List<Target> taken = new ArrayList<>();
        for (var next = next(); next.isPresent(); next = next()) {
            taken.add(next.get());
        }
        return taken;
    }

    private Optional<Target> next() {
        return frontier.take(started.getLast());
    }

    private static Target target(String crawl, String path, int depth) {
        return new Target(crawl, url("http://" + HOST + path), "", depth, 0, limits(100));
    }

    private static Limits limits(int maxPages) {
        return new Limits(3, maxPages, Set.of(HOST));
    }

    private static NormalUrl url(String text) {
        return NormalUrl.of(text).orElseThrow();
    }
}
