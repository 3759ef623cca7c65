package org.millrace.crawler.frontier;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Fingerprint;

/// What is in somebody's hands: hosts until they may be asked again, URLs until their results are safe.
/// In memory alone, since who dies takes the hands along.
final class Leases {

    private final Map<Fingerprint, Lease> urls = new HashMap<>();
    private final Set<Fingerprint> settled = new HashSet<>();
    private final Map<String, Lease> hosts = new HashMap<>();
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
        return holder != null && holder.number() == lease.number() && freeHost(lease.host());
    }

    boolean freeHost(String host) {
        return hosts.remove(host) != null;
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
