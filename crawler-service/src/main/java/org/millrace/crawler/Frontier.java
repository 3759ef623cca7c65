package org.millrace.crawler;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is to be fetched: a queue for each host, and the memory of everything seen, so that each URL of
/// a crawl is taken once.
///
/// Targets stand on a log, and come in the log's order with their positions. A target is *open* from
/// being offered to being finished, which is when its result is safe on the log. Whoever starts from
/// [#firstOpen] and knows what was finished ([#restore]) has the same frontier again.
///
/// Safe for use by many threads.
public final class Frontier {

    private final Map<String, HostQueue> hosts = new HashMap<>();
    private final Set<Fingerprint> seen = new HashSet<>();
    private final Set<Fingerprint> done = new HashSet<>();
    private final Map<Fingerprint, Long> open = new LinkedHashMap<>();
    private final Map<String, Tally> crawls = new HashMap<>();

    /// Tells of a target that was finished in an earlier life. To be told before targets are offered.
    ///
    /// @param requested it cost a request
    public synchronized void restore(String crawl, NormalUrl url, Outcome outcome, long bytes, boolean requested) {
        if (done.add(Fingerprint.of(crawl, url.toString()))) {
            tally(crawl).count(outcome, bytes);
            if (requested) {
                host(url).spent(crawl);
            }
        }
    }

    /// Queues a target, unless it was seen before or is beyond its limits.
    ///
    /// @param position where it stands on the log, rising from call to call
    /// @return the host, if it has work now and nobody who does it: the caller must start a worker
    synchronized Optional<HostQueue> offer(Target target, long position) {
        Fingerprint fingerprint = target.fingerprint();
        HostQueue host = host(target.url());
        if (done.contains(fingerprint)
                || seen.contains(fingerprint)
                || !target.isWithinLimits()
                || !host.hasRoom(target)) {
            return Optional.empty();
        }
        seen.add(fingerprint);
        open.put(fingerprint, position);
        tally(target.crawl()).queued++;
        host.add(target);
        return host.startWork() ? Optional.of(host) : Optional.empty();
    }

    /// The next target of a host, counted as a request; empty if there is none, and then the host's
    /// worker ends.
    synchronized Optional<Target> take(HostQueue host) {
        for (Target target = host.poll(); target != null; target = host.poll()) {
            if (host.spend(target)) {
                return Optional.of(target);
            }
            close(target);
        }
        host.stopWork();
        return Optional.empty();
    }

    /// A target that was taken cost no request after all.
    synchronized void refund(HostQueue host, Target target) {
        host.refund(target.crawl());
    }

    /// A target's result is safe.
    public synchronized void finish(Target target, Outcome outcome, long bytes) {
        if (close(target)) {
            done.add(target.fingerprint());
            tally(target.crawl()).count(outcome, bytes);
        }
    }

    /// True if offering this URL would change nothing.
    public synchronized boolean isKnown(String crawl, NormalUrl url) {
        Fingerprint fingerprint = Fingerprint.of(crawl, url.toString());
        return seen.contains(fingerprint) || done.contains(fingerprint);
    }

    /// Position of the earliest target that is not finished.
    public synchronized OptionalLong firstOpen() {
        for (long position : open.values()) {
            return OptionalLong.of(position);
        }
        return OptionalLong.empty();
    }

    /// Targets that are open.
    public synchronized int size() {
        return open.size();
    }

    public synchronized Counts counts(String crawl) {
        Tally tally = crawls.get(crawl);
        return tally == null ? Counts.NONE : tally.counts();
    }

    private boolean close(Target target) {
        @Nullable Long position = open.remove(target.fingerprint());
        if (position == null) {
            return false;
        }
        tally(target.crawl()).queued--;
        return true;
    }

    private HostQueue host(NormalUrl url) {
        return hosts.computeIfAbsent(url.hostAndPort(), HostQueue::new);
    }

    private Tally tally(String crawl) {
        return crawls.computeIfAbsent(crawl, _ -> new Tally());
    }

    private static final class Tally {
        private final Map<Outcome, Long> done = new EnumMap<>(Outcome.class);
        private long queued;
        private long bytes;

        void count(Outcome outcome, long more) {
            done.merge(outcome, 1L, Long::sum);
            bytes += more;
        }

        Counts counts() {
            return new Counts(queued, done, bytes);
        }
    }
}
