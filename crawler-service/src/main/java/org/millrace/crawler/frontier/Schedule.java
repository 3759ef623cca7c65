package org.millrace.crawler.frontier;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The order of hosts: each that has URLs stands here once, with the time when it is to be looked at.
final class Schedule {

    static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final Index index;
    private final Ledger ledger;

    /// No key lies before this time: what was deleted there need not be walked over.
    private long from;

    private int size;

    Schedule(Index index, Ledger ledger) {
        this.index = index;
        this.ledger = ledger;
        index.walk(Keys.SCHEDULE, Keys.SCHEDULE, (_, _) -> {
            size++;
            return true;
        });
    }

    /// @param host that may be looked at now, null if there is none
    /// @param at when there will be one, then
    record Next(@Nullable String host, Instant at) {}

    /// The host that has waited longest, of those that nobody has.
    Next next(Instant now, Leases leases) {
        long micros = Times.micros(now);
        var found = new Object() {
            @Nullable
            String host;

            long first = Long.MAX_VALUE;
            long at = Times.micros(now.plus(LONGEST_WAIT));
        };
        index.walk(Keys.SCHEDULE, Keys.schedule(from), (key, _) -> {
            long at = Keys.scheduledAt(key);
            found.first = Math.min(found.first, at);
            if (at > micros) {
                found.at = Math.min(found.at, at);
                return false;
            }
            String name = Keys.scheduledHost(key);
            Lease holder = leases.holder(name);
            if (holder != null && now.isBefore(holder.until())) {
                found.at = Math.min(found.at, Times.micros(holder.until()));
                return true;
            }
            found.host = name;
            return false;
        });
        from = found.first == Long.MAX_VALUE ? micros : found.first;
        return new Next(found.host, Times.instant(found.at));
    }

    /// @param at [Long#MAX_VALUE] for a host without URLs
    void move(Edit edit, Host host, long at) {
        if (host.scheduledAt() != Host.NEVER) {
            edit.remove(Keys.schedule(host.scheduledAt(), host.name()));
            size--;
        }
        host.schedule(at == Long.MAX_VALUE ? Host.NEVER : at);
        if (at != Long.MAX_VALUE) {
            edit.put(Keys.schedule(at, host.name()));
            from = Math.min(from, at);
            size++;
        }
        ledger.put(edit, host);
    }

    /// Hosts that are to be looked at in that time.
    List<String> between(long after, long before) {
        List<String> hosts = new ArrayList<>();
        index.walk(Keys.SCHEDULE, Keys.schedule(after), (key, _) -> {
            boolean isWithin = Keys.scheduledAt(key) <= before;
            if (isWithin) {
                hosts.add(Keys.scheduledHost(key));
            }
            return isWithin;
        });
        return hosts;
    }

    int size() {
        return size;
    }
}
