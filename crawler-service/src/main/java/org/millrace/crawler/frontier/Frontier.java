package org.millrace.crawler.frontier;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Counts;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Target;
import org.millrace.crawler.frontier.Entry.Place;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;

/// What is to be fetched, and when: a queue for each host, and the memory of everything seen, so that
/// each URL of a crawl is taken once, and again only when its revisit is due.
///
/// Targets stand on a log and come in its order with their positions. One is *open* from being offered
/// to being finished, which is when its result is safe. All of that lies in an [Index], together with
/// how far the log is read; it follows from the log and can be made from it again. Only what is being
/// worked on is in memory: a host in somebody's hands ([#take] to [#giveBack]), and a URL from there until
/// its result is safe ([#finish]). Who dies with them has lost nothing: they still stand in the queues.
///
/// Safe for use by many threads.
public final class Frontier implements AutoCloseable {

    /// URLs dropped before a host gives way to another.
    private static final int AT_ONCE = 200;

    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final Index index;
    private final Settings settings;
    private final InstantSource clock;
    private final long opened;
    private final Ledger ledger;
    private final Leases leases = new Leases();
    private final Known known = new Known();
    private final Schedule schedule;
    private final Queues queues;
    private long openFrom;
    private Instant quietUntil = Instant.EPOCH;
    private long expired;
    private boolean closed;

    /// @param index of this log, or of none; one of another log is emptied
    /// @param log names the log, so that an index is never taken for another's
    public Frontier(Index index, String log, Settings settings, InstantSource clock) {
        this.index = index;
        this.settings = settings;
        this.clock = clock;
        opened = Times.micros(clock.instant());
        ledger = Ledger.open(index, log);
        schedule = new Schedule(index, ledger);
        queues = new Queues(index, ledger, schedule, clock);
        endLeases();
    }

    /// @param lease how long a URL may be in somebody's hands; longer than all requests that one turn
    ///     of a host may make, or a slow host is asked twice at once
    /// @param delay left between two requests to a host across a restart, at least
    /// @param maxPerPattern URLs of a host and crawl that differ in numbers or query values alone
    public record Settings(Duration lease, Duration delay, int maxPerPattern) {

        /// For crawls without knobs of their own.
        public static final Settings USUAL = new Settings(Duration.ofMinutes(10), Duration.ZERO, 5_000);
    }

    /// A target, and where it stands on the log.
    public record Offer(Target target, long position) {}

    /// A visit of an earlier life, or of another instance.
    public record Visit(String crawl, NormalUrl url, Outcome outcome, long bytes, boolean requested, LastVisit visit) {}

    /// A host all of whose URLs were in somebody's hands stands in the order at the end of a lease. The
    /// leases of the life before this one have ended with it.
    private void endLeases() {
        Edit edit = new Edit(index);
        for (String name : schedule.between(opened, opened + settings.lease.toNanos() / 1_000)) {
            Host host = ledger.host(edit, name);
            if (host.readyAt() < host.scheduledAt() && queues.hasReady(host)) {
                schedule.move(edit, host, host.readyAt());
            }
        }
        ledger.write(edit);
    }

    // ---- from the log

    /// How far the log of found URLs is known here.
    public synchronized long discovered() {
        return ledger.discovered();
    }

    /// How far the log of visits is known here.
    public synchronized long visited() {
        return ledger.visited();
    }

    /// Queues targets, except those that were seen before, are beyond their limits, or look like a trap.
    ///
    /// @param next position to go on from
    public synchronized void offer(Collection<Offer> offers, long next) {
        if (closed) {
            return;
        }
        Edit edit = new Edit(index);
        for (Offer offer : offers) {
            offer(edit, offer.target, offer.position);
        }
        ledger.discovered(edit, Math.max(next, ledger.discovered())); // some are read again for their dead letters
        ledger.write(edit);
    }

    /// The same without a log: the order of offers is all that there is.
    public synchronized void offer(List<Target> targets) {
        List<Offer> offers = new ArrayList<>();
        long position = ledger.discovered();
        for (Target target : targets) {
            offers.add(new Offer(target, position++));
        }
        offer(offers, position);
    }

    /// Tells of visits that are on the log. Those that are known already change nothing.
    ///
    /// @param next position to go on from
    public synchronized void restore(Collection<Visit> visits, long next) {
        if (closed) {
            return;
        }
        Edit edit = new Edit(index);
        for (Visit visit : visits) {
            Fingerprint url = Fingerprint.of(visit.crawl, visit.url.toString());
            Entry entry = ledger.entry(edit, url);
            if (entry == null
                    || entry.last().isNone()
                    || visit.visit.at().isAfter(entry.last().at())) {
                done(edit, url, entry, visit);
            }
        }
        ledger.visited(edit, next);
        ledger.write(edit);
    }

    /// Every visit on the log before this position is known here.
    public synchronized void knowsVisitsUpTo(long position) {
        if (!closed && position > ledger.visited()) {
            Edit edit = new Edit(index);
            ledger.visited(edit, position);
            ledger.write(edit);
        }
    }

    private void offer(Edit edit, Target target, long position) {
        Fingerprint url = target.fingerprint();
        String host = target.url().authority();
        Entry known = ledger.entry(edit, url);
        if (known != null) {
            if (known.target() == null && known.last().returns()) { // its visit was read first
                Entry again = new Entry(target, Place.NOWHERE, 0, position, false, 0, known.last());
                queues.add(
                        edit, queues.host(edit, host), url, again, known.last().nextDue(), 0);
            }
            return;
        }
        Budget budget = ledger.budget(edit, host, target.crawl());
        if (!target.isWithinLimits()
                || !budget.hasRoom(target)
                || Traps.repeatsItself(target.url())
                || !ledger.countPattern(edit, host, target, settings.maxPerPattern)) {
            return;
        }
        budget.waits();
        ledger.put(edit, host, target.crawl(), budget);
        ledger.tally(edit, target.crawl()).queue();
        edit.put(Keys.open(position), Keys.url(url));
        openFrom = Math.min(openFrom, position);
        Entry entry = new Entry(target, Place.NOWHERE, 0, position, false, 0, LastVisit.NONE);
        queues.add(edit, queues.host(edit, host), url, entry, target.due(), 0);
    }

    // ---- the turns of hosts

    /// Hands nothing out for so long: whoever had these hosts before may have asked them just now.
    public synchronized void keepQuiet(Duration time) {
        quietUntil = clock.instant().plus(time);
    }

    /// What is to be done next. A URL that is handed out is leased, and its host with it.
    public synchronized Turn take() {
        Instant now = clock.instant();
        if (now.isBefore(quietUntil)) {
            schedule.tell(Long.MIN_VALUE); // nothing comes before
            return new Turn.Wait(quietUntil);
        }
        while (!closed) {
            for (var lost = leases.lost(now); lost.isPresent(); lost = leases.lost(now)) {
                queues.giveBack(lost.get());
                schedule.found(queues.host(new Edit(index), lost.get()));
            }
            long first = schedule.first(leases);
            if (first > Times.micros(now)) {
                long wait = Math.min(first, Times.micros(leases.firstLost(now.plus(LONGEST_WAIT))));
                schedule.tell(wait);
                return new Turn.Wait(Times.instant(wait));
            }
            Host host = queues.host(new Edit(index), schedule.take());
            Lease lease = choose(host, now);
            if (lease != null) {
                queues.lend(host);
                return new Turn.Go(lease);
            }
        }
        return new Turn.Wait(now.plus(LONGEST_WAIT));
    }

    /// A URL of this host; null if it has none now, and then it has another place in the schedule.
    private @Nullable Lease choose(Host host, Instant now) {
        Edit edit = new Edit(index);
        long graceEnd = opened + host.delay(settings.delay);
        if (host.scheduledAt() < opened && Times.micros(now) < graceEnd) {
            host.readyAt(graceEnd); // it may have been asked a moment before this life began
            schedule.move(edit, host, graceEnd);
            ledger.write(edit);
            return null;
        }
        queues.promote(edit, host, Times.micros(now));
        ledger.write(edit);

        var found = new Object() {
            @Nullable
            Lease lease;

            boolean first = true;
            int seen;
            long soonest = Long.MAX_VALUE;
        };
        index.walk(Keys.ready(host.name()), host.readyFrom(), (key, _) -> {
            if (found.first) {
                host.readyFrom(Keys.rank(key), Keys.rankedPosition(key));
                found.first = false;
            }
            Fingerprint url = Keys.fingerprint(key);
            Lease held = leases.of(url);
            if (held != null && (leases.isSettled(url) || now.isBefore(held.until()))) {
                found.soonest = Math.min(
                        found.soonest, Times.micros(leases.isSettled(url) ? now.plus(settings.lease) : held.until()));
                return true;
            }
            if (held != null) {
                leases.end(url);
                expired++;
            }
            found.lease = lease(edit, host, url, now);
            return found.lease == null && ++found.seen < AT_ONCE;
        });
        if (found.lease == null) {
            if (found.seen == AT_ONCE) {
                schedule.move(edit, host, Times.micros(now)); // there is more to drop
            } else {
                schedule.move(edit, host, Math.min(found.soonest, host.laterFrom()));
            }
        }
        ledger.write(edit);
        return found.lease;
    }

    /// Null if the crawl may make no more requests to the host: then the URL is dropped.
    private @Nullable Lease lease(Edit edit, Host host, Fingerprint url, Instant now) {
        Entry entry = ledger.entry(edit, url);
        Target target = entry == null ? null : entry.target();
        if (entry == null || target == null) {
            throw new IllegalStateException(
                    "the index has a URL in a queue of %s and nowhere else".formatted(host.name()));
        }
        boolean counts = entry.last().isNone() && !entry.isSitemap();
        Budget budget = ledger.budget(edit, host.name(), target.crawl());
        if (counts && !budget.hasRequest(target, leases.underWay(host.name(), target.crawl()))) {
            Queues.remove(edit, host.name(), url, entry);
            close(edit, host.name(), target, entry);
            ledger.put(edit, url, Entry.visited(LastVisit.NONE));
            return null;
        }
        return leases.give(new Lease(
                leases.next(),
                target,
                url,
                entry.isSitemap(),
                budget.areSitemapsKnown(),
                entry.tries(),
                entry.last(),
                host.standing(),
                now.plus(settings.lease)));
    }

    /// Ends a turn. What comes of a lease that was lost changes nothing.
    public synchronized void giveBack(Lease lease, Return turn) {
        if (closed || !leases.releaseHost(lease)) {
            return;
        }
        Host host = queues.giveBack(lease.host());
        if (host == null) {
            throw new IllegalStateException("%s is leased and was not lent".formatted(lease.host()));
        }
        Edit edit = new Edit(index);
        if (turn.again() && leases.holds(lease)) {
            leases.end(lease.url());
            Entry entry = ledger.entry(edit, lease.url());
            if (entry != null && entry.place() != Place.NOWHERE) {
                Queues.remove(edit, host.name(), lease.url(), entry);
                queues.add(edit, host, lease.url(), entry, turn.due(), turn.tries());
            }
        }
        long now = Times.micros(clock.instant());
        host.standing(turn.standing());
        host.asked(now, Times.micros(turn.readyAt()));
        schedule.move(edit, host, Math.max(now, host.readyAt()));
        ledger.write(edit);
    }

    /// [#giveBack] and [#take] in one: who has just been at work goes on without waking anybody else.
    public synchronized Turn next(Lease lease, Return turn) {
        long told = schedule.tell(Long.MIN_VALUE);
        giveBack(lease, turn);
        Turn next = take();
        if (next instanceof Turn.Go) {
            schedule.tell(told);
            schedule.ringFor(schedule.first(leases)); // there may be work for more than one
        }
        return next;
    }

    /// @param alarm run when there is something to do before the time that was told last; it must not
    ///     wait, nor use this frontier
    public synchronized void onEarlier(Runnable alarm) {
        schedule.alarm(alarm);
    }

    /// Queues the files of a host that name pages, ahead of all pages of the lease's crawl.
    public synchronized void addSitemaps(Lease lease, List<NormalUrl> files) {
        if (closed) {
            return;
        }
        Edit edit = new Edit(index);
        String crawl = lease.target().crawl();
        Budget budget = ledger.budget(edit, lease.host(), crawl);
        budget.startSitemaps();
        for (NormalUrl file : files) {
            Fingerprint url = Fingerprint.of(crawl, "sitemap " + file);
            if (budget.hasSitemap() && ledger.entry(edit, url) == null) {
                budget.sitemap();
                ledger.tally(edit, crawl).queue();
                long order = Times.micros(clock.instant());
                Entry entry = new Entry(lease.target().sitemap(file), Place.NOWHERE, 0, order, true, 0, LastVisit.NONE);
                queues.add(edit, queues.host(edit, lease.host()), url, entry, Instant.EPOCH, 0);
            }
        }
        ledger.put(edit, lease.host(), crawl, budget);
        ledger.write(edit);
    }

    /// Pages that the sitemaps of the lease's host may still name to its crawl.
    public synchronized int listable(Lease lease) {
        return ledger.budget(new Edit(index), lease.host(), lease.target().crawl())
                .listable(lease.target());
    }

    // ---- results

    /// False if the lease was lost: its URL was handed out again, and this result must not be published.
    /// A lease that is accepted is lost no more.
    public synchronized boolean accept(Lease lease) {
        return !closed && leases.settle(lease);
    }

    /// Results are safe.
    public synchronized void finish(Collection<Done> results) {
        if (closed) {
            return;
        }
        Edit edit = new Edit(index);
        for (Done result : results) {
            if (leases.holds(result.lease())) {
                finish(edit, result);
            }
        }
        ledger.write(edit);
    }

    /// [#accept], [#offer] and [#finish] in one, for results that are safe as soon as they are known.
    ///
    /// @param found targets that the result names
    public synchronized boolean settle(Done result, List<Target> found) {
        if (closed || !leases.holds(result.lease())) {
            return false;
        }
        Edit edit = new Edit(index);
        long position = ledger.discovered();
        for (Target target : found) {
            offer(edit, target, position++);
        }
        ledger.discovered(edit, position);
        finish(edit, result);
        ledger.write(edit);
        return true;
    }

    private void finish(Edit edit, Done result) {
        Lease lease = result.lease();
        leases.end(lease.url());
        Entry entry = ledger.entry(edit, lease.url());
        if (lease.isSitemap()) {
            read(edit, lease, entry, result);
        } else {
            Target target = lease.target();
            Visit visit = new Visit(
                    target.crawl(), target.url(), result.outcome(), result.bytes(), result.requested(), result.visit());
            done(edit, lease.url(), entry, visit);
        }
    }

    private void done(Edit edit, Fingerprint url, @Nullable Entry entry, Visit visit) {
        String name = visit.url.authority();
        boolean first = entry == null || entry.last().isNone();
        Target target = entry == null ? null : entry.target();
        if (entry != null && target != null) {
            Queues.remove(edit, name, url, entry);
            if (first) {
                close(edit, name, target, entry);
            }
        }
        ledger.tally(edit, visit.crawl).count(visit.outcome, visit.bytes);
        if (first && visit.requested) {
            Budget budget = ledger.budget(edit, name, visit.crawl);
            budget.requested();
            ledger.put(edit, name, visit.crawl, budget);
        }
        again(edit, name, url, entry, visit.visit);
    }

    private void read(Edit edit, Lease lease, @Nullable Entry entry, Done result) {
        String crawl = lease.target().crawl();
        Budget budget = ledger.budget(edit, lease.host(), crawl);
        budget.listed(result.found());
        ledger.put(edit, lease.host(), crawl, budget);
        if (entry != null && entry.place() != Place.NOWHERE) {
            Queues.remove(edit, lease.host(), lease.url(), entry);
            if (entry.last().isNone()) {
                ledger.tally(edit, crawl).unqueue();
            }
        }
        again(edit, lease.host(), lease.url(), entry, result.visit());
    }

    private void again(Edit edit, String host, Fingerprint url, @Nullable Entry entry, LastVisit visit) {
        if (entry != null && entry.target() != null && visit.returns()) {
            Entry next = new Entry(entry.target(), Place.NOWHERE, 0, entry.position(), entry.isSitemap(), 0, visit);
            queues.add(edit, queues.host(edit, host), url, next, visit.nextDue(), 0);
        } else {
            ledger.put(edit, url, Entry.visited(visit));
        }
    }

    // ---- questions

    /// True if offering this URL would change nothing.
    public boolean isKnown(String crawl, NormalUrl url) {
        Fingerprint fingerprint = Fingerprint.of(crawl, url.toString());
        if (known.has(fingerprint)) {
            return true;
        }
        boolean isKnown = index.get(Keys.url(fingerprint)) != null;
        if (isKnown) {
            known.add(fingerprint);
        }
        return isKnown;
    }

    /// True if this URL was visited.
    public synchronized boolean isVisited(String crawl, NormalUrl url) {
        Entry entry = ledger.entry(new Edit(index), Fingerprint.of(crawl, url.toString()));
        return entry != null && !entry.last().isNone();
    }

    /// Position of the earliest target that was never visited.
    public synchronized OptionalLong firstOpen() {
        var first = new Object() {
            OptionalLong position = OptionalLong.empty();
        };
        index.walk(Keys.OPEN, Keys.open(openFrom), (key, _) -> {
            openFrom = Keys.position(key);
            first.position = OptionalLong.of(openFrom);
            return false;
        });
        if (first.position.isEmpty()) {
            openFrom = ledger.discovered();
        }
        return first.position;
    }

    /// URLs that are open, and revisits under way.
    public synchronized long size() {
        return ledger.queued() + leases.revisits();
    }

    /// Hosts that have something to be done, now or later.
    public synchronized int hosts() {
        return schedule.size();
    }

    /// URLs that were not returned in time and handed out again.
    public synchronized long expired() {
        return expired;
    }

    public synchronized Counts counts(String crawl) {
        Counts counts = ledger.counts(crawl);
        return new Counts(counts.queued() + leases.revisits(crawl), counts.done(), counts.bytes());
    }

    /// The time that this frontier goes by.
    public Instant now() {
        return clock.instant();
    }

    /// From here on nothing changes: whoever still works for it works in vain.
    @Override
    public synchronized void close() {
        closed = true;
    }

    /// A URL that was open is so no more.
    private void close(Edit edit, String host, Target target, Entry entry) {
        edit.remove(Keys.open(entry.position()));
        ledger.tally(edit, target.crawl()).unqueue();
        Budget budget = ledger.budget(edit, host, target.crawl());
        budget.waitsNoMore();
        ledger.put(edit, host, target.crawl(), budget);
    }
}
