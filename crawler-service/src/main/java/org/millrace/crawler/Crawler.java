package org.millrace.crawler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.millrace.crawler.frontier.Done;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.frontier.Return;
import org.millrace.crawler.frontier.Turn;
import org.millrace.crawler.manners.Inquiry;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.Robots;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.manners.Standing;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fetches what its frontier holds.
///
/// ```text
///   slot free ─► frontier.take ─┬─ wait: until then, or until something is offered
///                               └─ lease ─► a virtual thread: one turn of one host
///                                            robots.txt, or a sitemap, or a page
///                                            links read ─► published ─► host given back, and the next
/// ```
///
/// A turn makes one request. No thread waits for a host's delay or
/// rest: the frontier says when it may be asked next. So a host never has two requests at once, and a
/// slow or resting one costs nobody else anything.
///
/// Usable without a log: a publisher that calls [#settle] makes it a crawler of its own.
public final class Crawler implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Crawler.class);

    /// Origins whose rules are being learned. One that is forgotten is asked from the beginning.
    private static final int MAX_INQUIRIES = 10_000;

    /// Origins that rest meanwhile, at some 500 bytes each. One that is forgotten starts its rests anew.
    private static final int MAX_RESTING = 100_000;

    /// Turns that a thread takes before it gives its slot to another crawler.
    private static final int TURNS_IN_A_ROW = 16;

    /// Answers to one URL that no memory was free for, until it counts as failed.
    private static final int MAX_TRIES_FOR_ROOM = 10;

    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("crawler-turn-", 0).factory());
    private final Thread dispatcher =
            Thread.ofVirtual().name("crawler-dispatcher").unstarted(this::dispatch);

    private final Frontier frontier;
    private final Fetcher fetcher;
    private final RobotsCache robots;
    private final Politeness politeness;
    private final int maxBytes;
    private final Semaphore slots;
    private final Room room;
    private final Publisher publisher;
    private final Consumer<Throwable> broken;
    private final Map<String, Inquiry> inquiries = bounded(MAX_INQUIRIES);
    private final Map<String, Inquiry> resting = bounded(MAX_RESTING);
    private final LongAdder rests = new LongAdder();
    private volatile boolean closed;

    /// @param maxBytes longest body of a page
    /// @param slots one for each turn that may be under way at once, over all crawlers
    /// @param room heap for all bodies of those turns, each until it is published
    /// @param broken told of what must not happen; the process should end
    public Crawler(
            Frontier frontier,
            Fetcher fetcher,
            RobotsCache robots,
            Politeness politeness,
            int maxBytes,
            Semaphore slots,
            Room room,
            Publisher publisher,
            Consumer<Throwable> broken) {
        this.frontier = frontier;
        this.fetcher = fetcher;
        this.robots = robots;
        this.politeness = politeness;
        this.maxBytes = maxBytes;
        this.slots = slots;
        this.room = room;
        this.publisher = publisher;
        this.broken = broken;
        frontier.onEarlier(this::wake);
    }

    public Frontier frontier() {
        return frontier;
    }

    /// Begins to fetch. Before, the frontier may be told what is on the log.
    public void start() {
        dispatcher.start();
    }

    /// Queues targets of a log, unless they were seen before or are beyond their limits.
    ///
    /// @param next position on the log to go on from
    public void offer(List<Frontier.Offer> offers, long next) {
        frontier.offer(offers, next);
    }

    /// The same without a log.
    public void offer(Target... targets) {
        frontier.offer(List.of(targets));
    }

    /// Finishes what news are about, and queues what they name: all that a publisher without a log has to
    /// do, once it has the news safe. False if the lease was lost meanwhile: then the news are to be
    /// forgotten, as somebody else has the URL.
    public boolean settle(Lease lease, News news) {
        return frontier.settle(Done.of(lease, news), news.found());
    }

    /// Results are safe.
    public void finish(List<Done> results) {
        frontier.finish(results);
    }

    /// Rests that hosts were sent into.
    public long rests() {
        return rests.sum();
    }

    /// Stops all work. Requests under way are dropped: their targets stay open.
    @Override
    public void close() {
        closed = true;
        frontier.close();
        dispatcher.interrupt();
        workers.shutdownNow();
    }

    // ---- turns

    private void dispatch() {
        try {
            while (!closed) {
                slots.acquire();
                switch (frontier.take()) {
                    case Turn.Go(Lease lease) -> start(lease);
                    case Turn.Wait(Instant until) -> {
                        slots.release();
                        await(until);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void start(Lease lease) {
        try {
            workers.execute(() -> work(lease));
        } catch (RejectedExecutionException e) {
            slots.release(); // closed
        }
    }

    private void await(Instant until) {
        long nanos = Duration.between(frontier.now(), until).toNanos();
        if (nanos > 0 && !closed) {
            LockSupport.parkNanos(nanos);
        }
    }

    private void wake() {
        LockSupport.unpark(dispatcher);
    }

    private void work(Lease first) {
        try {
            Lease lease = first;
            for (int turns = 1; turns < TURNS_IN_A_ROW; turns++) {
                if (!(frontier.next(lease, turn(lease)) instanceof Turn.Go(Lease next))) {
                    return;
                }
                lease = next;
            }
            frontier.giveBack(lease, turn(lease));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            slots.release();
            wake();
        }
    }

    /// What breaks because all is being closed is nobody's concern.
    private void fail(Throwable failure) {
        if (!closed) {
            broken.accept(failure);
        }
    }

    /// Does what the frontier has next, on this thread.
    ///
    /// @return when there is more to do; now, if something was done
    Instant step() throws InterruptedException {
        return switch (frontier.take()) {
            case Turn.Go(Lease lease) -> {
                frontier.giveBack(lease, turn(lease));
                yield frontier.now();
            }
            case Turn.Wait(Instant until) -> until;
        };
    }

    private Return turn(Lease lease) throws InterruptedException {
        try (Room.Place place = room.place()) {
            return turn(lease, place);
        }
    }

    private Return turn(Lease lease, Room.Place place) throws InterruptedException {
        if (lease.standing().isGivenUp(frontier.now())) {
            String why = "the host gives no usable answer, also after %d rests"
                    .formatted(lease.standing().inVain() - 1);
            publish(lease, new Fetch.Failed(why, false), false);
            return Return.done(Instant.EPOCH, lease.standing());
        }
        Optional<Robots> rules = robots.known(lease.target().url());
        if (rules.isEmpty()) {
            return inquire(lease, place);
        }
        return addsSitemaps(lease, rules.get())
                ? Return.again(lease.tries(), Instant.EPOCH, Instant.EPOCH, lease.standing())
                : read(lease, rules.get(), place);
    }

    /// Asks for one of the files that speak to robots, and for nothing else: the page's turn comes after
    /// the host's delay. While robots.txt cannot be reached the pages of its origin are put off, and
    /// none is lost until that has lasted too long.
    private Return inquire(Lease lease, Room.Place place) throws InterruptedException {
        NormalUrl page = lease.target().url();
        Standing standing = lease.standing();
        Instant now = frontier.now();
        Inquiry rested = resting.get(page.origin());
        if (rested != null && rested.standing().rests(now)) {
            return Return.again(0, rested.standing().restUntil(), Instant.EPOCH, standing);
        }
        resting.remove(page.origin());
        Inquiry inquiry = inquiries.computeIfAbsent(page.origin(), _ -> rested == null ? robots.inquire(page) : rested);
        Optional<NormalUrl> file = inquiry.next();
        if (file.isPresent()) {
            Fetch answer = fetcher.fetch(file.get(), Fetcher.Wanted.ROBOTS.within(place));
            now = frontier.now();
            Duration delay = politeness.delay(inquiry.rules().crawlDelay());
            if (lacksRoom(lease, place)) {
                return again(lease, standing, now, delay);
            }
            standing = place.wasRefused() ? standing : after(lease, answer, now);
            boolean unreachable = inquiry.isUnreachable(answer);
            if (isTriedAgain(lease, answer) && !(unreachable && answer instanceof Fetch.HttpError)) {
                return again(lease, standing, now, delay);
            }
            if (unreachable && inquiry.waits(politeness, answer, now, chance())) {
                inquiries.remove(page.origin());
                resting.put(page.origin(), inquiry);
                return Return.again(0, inquiry.standing().restUntil(), now.plus(delay), standing);
            }
            inquiry.answered(answer);
        }
        Instant readyAt = now.plus(politeness.delay(inquiry.rules().crawlDelay()));
        Optional<String> refusal = Optional.empty();
        if (inquiry.next().isEmpty()) {
            inquiries.remove(page.origin());
            refusal = refusal(lease, robots.learn(page, inquiry));
        }
        if (refusal.isEmpty()) {
            return Return.again(0, Instant.EPOCH, readyAt, standing);
        }
        publish(lease, new Fetch.Disallowed(refusal.get()), false);
        return Return.done(readyAt, standing);
    }

    /// Forgets the eldest.
    private static Map<String, Inquiry> bounded(int most) {
        return Collections.synchronizedMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Inquiry> eldest) {
                return size() > most;
            }
        });
    }

    /// Why the lease's URL may not be requested.
    private static Optional<String> refusal(Lease lease, Robots rules) {
        NormalUrl url = lease.target().url();
        if (lease.isSitemap()) {
            return rules.allow(url) ? Optional.empty() : Optional.of("robots.txt forbids it");
        }
        return rules.refusal(url);
    }

    /// The sitemaps of a host are queued before its first page of a crawl is fetched. Only those that lie
    /// on the host itself: the delay of another host is its own worker's to keep.
    private boolean addsSitemaps(Lease lease, Robots rules) {
        if (lease.isSitemap() || lease.sitemapsKnown()) {
            return false;
        }
        List<NormalUrl> files = own(lease, rules, rules.sitemaps());
        frontier.addSitemaps(lease, files);
        return !files.isEmpty();
    }

    /// The host comes back when the page is read: its delay runs from the answer all the same.
    private Return read(Lease lease, Robots rules, Room.Place place) throws InterruptedException {
        Optional<String> refusal = refusal(lease, rules);
        if (refusal.isPresent()) {
            publish(lease, new Fetch.Disallowed(refusal.get()), false);
            return Return.done(Instant.EPOCH, lease.standing());
        }
        NormalUrl url = lease.target().url();
        Fetcher.Wanted wanted = lease.isSitemap() ? Fetcher.Wanted.SITEMAP : Fetcher.Wanted.page(maxBytes);
        Fetch fetch = readable(
                lease,
                place,
                fetcher.fetch(url, wanted.unless(lease.last().version()).within(place)));
        Instant now = frontier.now();
        Duration delay = politeness.delay(rules.crawlDelay());
        if (lacksRoom(lease, place)) {
            return again(lease, lease.standing(), now, delay);
        }
        Standing standing = place.wasRefused() ? lease.standing() : after(lease, fetch, now);
        if (isTriedAgain(lease, fetch)) {
            return again(lease, standing, now, delay);
        }
        if (lease.isSitemap()) {
            if (fetch instanceof Fetch.Failed(String why, var _)) {
                LOGGER.warn("the sitemap {} is not read: {}", url, why);
            }
            publisher.publish(this, lease, listed(lease, rules, fetch));
        } else {
            publish(lease, fetch, true);
        }
        return Return.done(now.plus(delay), standing);
    }

    /// An answer that there is room to read, or why it is not read.
    private Fetch readable(Lease lease, Room.Place place, Fetch fetch) throws InterruptedException {
        if (!(fetch instanceof Fetch.Fetched(var _, byte[] body, Headers headers))) {
            return fetch;
        }
        long heap = lease.isSitemap() ? Sitemap.heap(body) : Links.heap(body, headers.contentType());
        if (!room.holds(heap)) {
            return Reading.tooLarge(heap);
        }
        return place.grow(heap) ? fetch : new Fetch.Failed("no memory was free for the page in time", true);
    }

    /// No memory was free for the answer: nothing that its host did. It is asked for again, but not for ever,
    /// as all of it is sent each time.
    private static boolean lacksRoom(Lease lease, Room.Place place) {
        return place.wasRefused() && lease.tries() + 1 < MAX_TRIES_FOR_ROOM;
    }

    // ---- politeness

    private Standing after(Lease lease, Fetch fetch, Instant now) {
        Standing before = lease.standing();
        Standing standing = politeness.after(before, fetch, now, chance());
        if (standing.inVain() > before.inVain()) {
            rests.increment();
        }
        return standing;
    }

    private static double chance() {
        return ThreadLocalRandom.current().nextDouble();
    }

    private boolean isTriedAgain(Lease lease, Fetch fetch) {
        boolean mayPass = fetch instanceof Fetch.HttpError error && error.asksToWait()
                || fetch instanceof Fetch.Failed failed && failed.mayPass();
        return mayPass && lease.tries() + 1 < politeness.tries();
    }

    private Return again(Lease lease, Standing standing, Instant now, Duration delay) {
        int tries = lease.tries() + 1;
        Instant due = standing.rests(now) ? standing.restUntil() : now.plus(politeness.pause(tries));
        return Return.again(tries, due, now.plus(delay), standing);
    }

    // ---- news

    private void publish(Lease lease, Fetch fetch, boolean requested) throws InterruptedException {
        Revisits revisits = lease.target().limits().revisits();
        if (lease.isSitemap()) {
            publisher.publish(
                    this, lease, new News.Listed(List.of(), lease.last().then(fetch, "", revisits, frontier.now())));
            return;
        }
        publisher.publish(this, lease, visited(lease, fetch, requested));
    }

    private News visited(Lease lease, Fetch fetch, boolean requested) {
        Target target = lease.target();
        Revisits revisits = target.limits().revisits();
        if (!(fetch instanceof Fetch.Fetched page)) {
            LastVisit visit = lease.last().then(fetch, "", revisits, frontier.now());
            List<Target> found = fetch instanceof Fetch.Redirected(var _, NormalUrl to)
                    ? unknown(List.of(target.redirect(to)))
                    : List.of();
            return new News.Visited(target, fetch, requested, visit, found);
        }
        String sha256 = LastVisit.sha256(page.body());
        LastVisit visit = lease.last().then(page, sha256, revisits, frontier.now());
        if (lease.last().isSame(sha256)) {
            return new News.Visited(target, new Fetch.Unchanged(page.headers()), true, visit, List.of());
        }
        return read(target, page, visit);
    }

    private News read(Target target, Fetch.Fetched page, LastVisit visit) {
        Reading reading = Reading.of(target.url(), page, visit.at(), robots.manners());
        List<Target> found = unknown(reading.links().stream().map(target::link).toList());
        return new News.Visited(target, reading.kept(), true, visit, found);
    }

    private News listed(Lease lease, Robots rules, Fetch fetch) {
        Target target = lease.target();
        LastVisit visit = lease.last().then(fetch, "", target.limits().revisits(), frontier.now());
        return switch (fetch) {
            case Fetch.Fetched(var _, byte[] body, var _) -> {
                Sitemap map = Sitemap.of(target.url(), body);
                frontier.addSitemaps(lease, own(lease, rules, map.maps()));
                List<Target> pages = unknown(map.pages().stream()
                        .limit(frontier.listable(lease))
                        .map(page -> target.listed(page.url(), page.priority()))
                        .toList());
                yield new News.Listed(pages, visit);
            }
            case Fetch.Redirected(var _, NormalUrl to) -> {
                frontier.addSitemaps(lease, own(lease, rules, List.of(to)));
                yield new News.Listed(List.of(), visit);
            }
            // The pages are found by links, or not at all: a site may lose its sitemap.
            case Fetch.Unchanged _, Fetch.Disallowed _, Fetch.HttpError _, Fetch.Failed _ ->
                new News.Listed(List.of(), visit);
        };
    }

    private static List<NormalUrl> own(Lease lease, Robots rules, List<NormalUrl> files) {
        String host = lease.target().url().authority();
        return files.stream()
                .filter(file -> file.authority().equals(host) && rules.allow(file))
                .toList();
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
