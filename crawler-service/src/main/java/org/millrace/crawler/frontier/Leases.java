package org.millrace.crawler.frontier;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Fingerprint;

/// What is in somebody's hands: hosts until they may be asked again, URLs until their results are safe.
/// In memory alone, since who dies takes the hands along.
final class Leases {

    private final Map<Fingerprint, Lease> urls = new HashMap<>();
    private final Set<Fingerprint> settled = new HashSet<>();

    /// In the order in which they run out, as all leases are of one length.
    private final SequencedMap<String, Lease> hosts = new LinkedHashMap<>();

    private final Map<String, Integer> underWay = new HashMap<>();
    private final Map<String, Integer> revisits = new HashMap<>();
    private long given;

    /// The number of the next lease.
    long next() {
        return ++given;
    }

    Lease give(Lease lease) {
        urls.put(lease.url(), lease);
        hosts.put(lease.host(), lease);
        count(lease, 1);
        return lease;
    }

    @Nullable
    Lease of(Fingerprint url) {
        return urls.get(url);
    }

    /// A host whose lease ran out, and which is nobody's now.
    Optional<String> lost(Instant now) {
        Map.Entry<String, Lease> first = hosts.firstEntry();
        if (first == null || now.isBefore(first.getValue().until())) {
            return Optional.empty();
        }
        hosts.pollFirstEntry();
        return Optional.of(first.getKey());
    }

    /// When the next host is lost, if before then.
    Instant firstLost(Instant latest) {
        Map.Entry<String, Lease> first = hosts.firstEntry();
        return first == null || first.getValue().until().isAfter(latest)
                ? latest
                : first.getValue().until();
    }

    /// Who has the host.
    @Nullable
    Lease holder(String host) {
        return hosts.get(host);
    }

    boolean holds(Lease lease) {
        Lease held = urls.get(lease.url());
        return held != null && held.number() == lease.number();
    }

    boolean settle(Lease lease) {
        boolean holds = holds(lease);
        if (holds) {
            settled.add(lease.url());
        }
        return holds;
    }

    boolean isSettled(Fingerprint url) {
        return settled.contains(url);
    }

    void end(Fingerprint url) {
        settled.remove(url);
        Lease lease = urls.remove(url);
        if (lease != null) {
            count(lease, -1);
        }
    }

    /// False if the host is not in this lease's hands.
    boolean releaseHost(Lease lease) {
        Lease holder = hosts.get(lease.host());
        if (holder == null || holder.number() != lease.number()) {
            return false;
        }
        hosts.remove(lease.host());
        return true;
    }

    /// First visits of a crawl to a host.
    int underWay(String host, String crawl) {
        return underWay.getOrDefault(host + '\0' + crawl, 0);
    }

    int revisits(String crawl) {
        return revisits.getOrDefault(crawl, 0);
    }

    int revisits() {
        return revisits.values().stream().mapToInt(Integer::intValue).sum();
    }

    private void count(Lease lease, int change) {
        String crawl = lease.target().crawl();
        if (!lease.last().isNone()) {
            add(revisits, crawl, change);
        } else if (!lease.isSitemap()) {
            add(underWay, lease.host() + '\0' + crawl, change);
        }
    }

    private static void add(Map<String, Integer> counts, String name, int change) {
        counts.merge(name, change, (one, other) -> one + other == 0 ? null : one + other);
    }
}
