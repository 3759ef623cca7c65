package org.millrace.crawler;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/// Fetches what its frontier holds: each host with work has one virtual thread, which waits for the
/// host's delay, requests one URL at a time and tells the publisher what came of it. So a host never
/// has two requests at once, and a slow host costs nobody else time.
public final class Crawler implements AutoCloseable {

    /// Sitemap files read of one host for one crawl.
    private static final int MAX_SITEMAPS = 50;

    private final Frontier frontier = new Frontier();
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("crawler-host-", 0).factory());

    private final Fetcher fetcher;
    private final RobotsCache robots;
    private final Politeness politeness;
    private final int maxBytes;
    private final Semaphore slots;
    private final Publisher publisher;
    private final Consumer<Throwable> broken;

    /// @param maxBytes longest body of a page
    /// @param slots one for each request that may be under way at once, over all crawlers
    /// @param broken told of what must not happen; the process should end
    public Crawler(
            Fetcher fetcher,
            RobotsCache robots,
            Politeness politeness,
            int maxBytes,
            Semaphore slots,
            Publisher publisher,
            Consumer<Throwable> broken) {
        this.fetcher = fetcher;
        this.robots = robots;
        this.politeness = politeness;
        this.maxBytes = maxBytes;
        this.slots = slots;
        this.publisher = publisher;
        this.broken = broken;
    }

    public Frontier frontier() {
        return frontier;
    }

    /// Queues a target, unless it was seen before or is beyond its limits.
    ///
    /// @param position where it stands on the log, rising from call to call
    public void offer(Target target, long position) {
        frontier.offer(target, position).ifPresent(host -> workers.execute(() -> work(host)));
    }

    /// Stops all work. Requests under way are dropped: their targets stay open.
    @Override
    public void close() {
        workers.shutdownNow();
    }

    private void work(HostQueue host) {
        try {
            for (var next = frontier.take(host); next.isPresent(); next = frontier.take(host)) {
                publisher.publish(this, visit(host, next.get()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException | Error e) {
            broken.accept(e);
        }
    }

    private News visit(HostQueue host, Target target) throws InterruptedException {
        Robots rules = robots.rules(target.url(), (soFar, url, wanted) -> request(host, soFar, url, wanted));
        readSitemaps(host, target, rules);
        Optional<String> refusal = rules.refusal(target.url());
        if (refusal.isPresent()) {
            frontier.refund(host, target);
            return new News.Visited(target, new Fetch.Disallowed(refusal.get()), false, Instant.now(), List.of());
        }
        Fetch fetch = request(host, rules, target.url(), Fetcher.Wanted.page(maxBytes));
        Instant at = Instant.now();
        return switch (fetch) {
            case Fetch.Fetched page -> read(target, page, at);
            case Fetch.Redirected(var _, NormalUrl to) ->
                new News.Visited(target, fetch, true, at, unknown(List.of(target.redirect(to))));
            case Fetch.Unchanged _, Fetch.Disallowed _, Fetch.HttpError _, Fetch.Failed _ ->
                new News.Visited(target, fetch, true, at, List.of());
        };
    }

    private News read(Target target, Fetch.Fetched page, Instant at) {
        Reading reading = Reading.of(target.url(), page, at, robots.manners());
        List<Target> found = unknown(reading.links().stream().map(target::link).toList());
        return new News.Visited(target, reading.kept(), true, at, found);
    }

    /// Reads the sitemaps of a host, once for each crawl. Only those that lie on the host itself: the
    /// delay of another host is another worker's to keep.
    private void readSitemaps(HostQueue host, Target target, Robots rules) throws InterruptedException {
        if (!host.startSitemaps(target.crawl())) {
            return;
        }
        Deque<NormalUrl> unread = new ArrayDeque<>(rules.sitemaps());
        Set<NormalUrl> read = new HashSet<>();
        int room = target.limits().maxPagesPerHost();
        while (!unread.isEmpty() && read.size() < MAX_SITEMAPS && room > 0) {
            NormalUrl url = unread.removeFirst();
            if (!url.hostAndPort().equals(host.name()) || !rules.allow(url) || !read.add(url)) {
                continue;
            }
            switch (request(host, rules, url, Fetcher.Wanted.SITEMAP)) {
                case Fetch.Fetched(var _, byte[] body, var _) -> {
                    Sitemap map = Sitemap.of(url, body);
                    unread.addAll(map.maps());
                    List<Target> listed = unknown(map.pages().stream()
                            .limit(room)
                            .map(page -> target.listed(page, url))
                            .toList());
                    room -= listed.size();
                    publisher.publish(this, new News.Listed(listed));
                }
                case Fetch.Redirected(var _, NormalUrl to) -> unread.addFirst(to);
                case Fetch.Unchanged _, Fetch.Disallowed _, Fetch.HttpError _, Fetch.Failed _ -> {
                    // The pages are found by links, or not at all: a site may lose its sitemap.
                }
            }
        }
    }

    /// One answer of the host, after its delay and as many tries as are polite.
    private Fetch request(HostQueue host, Robots rules, NormalUrl url, Fetcher.Wanted wanted)
            throws InterruptedException {
        for (int tries = 1; ; tries++) {
            host.awaitTurn(politeness.delay(rules.crawlDelay()));
            Fetch fetch = fetch(url, wanted);
            host.answered();
            boolean busy = fetch instanceof Fetch.HttpError error && error.asksToWait();
            boolean again = tries < politeness.tries()
                    && (busy || fetch instanceof Fetch.Failed(var _, boolean mayPass) && mayPass);
            if (busy || again) {
                host.rest(politeness.pause(fetch, tries));
            }
            if (!again) {
                return fetch;
            }
        }
    }

    private Fetch fetch(NormalUrl url, Fetcher.Wanted wanted) throws InterruptedException {
        slots.acquire();
        try {
            return fetcher.fetch(url, wanted);
        } finally {
            slots.release();
        }
    }

    private List<Target> unknown(List<Target> found) {
        List<Target> news = new ArrayList<>();
        for (Target target : found) {
            if (target.isWithinLimits() && !frontier.isKnown(target.crawl(), target.url())) {
                news.add(target);
            }
        }
        return news;
    }
}
