package org.millrace.crawler.frontier;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// The order of hosts: each that has URLs stands here once, with the time when it is to be looked at. The
/// next ones are at hand; all are in the index.
final class Schedule {

    /// Hosts at hand; twice as many at most.
    private static final int AT_HAND = 1_000;

    private static final Slot END = new Slot(Long.MAX_VALUE, "");

    private final Index index;
    private final Ledger ledger;

    /// All that are not later than the horizon, except those in somebody's hands.
    private final TreeSet<Slot> next = new TreeSet<>();

    private Slot horizon = new Slot(Long.MIN_VALUE, "");

    /// No key lies before this time: what was deleted there need not be walked over.
    private long from;

    private int size;
    private Runnable alarm = () -> {};
    private long told = Long.MAX_VALUE;

    Schedule(Index index, Ledger ledger) {
        this.index = index;
        this.ledger = ledger;
        index.walk(Keys.SCHEDULE, Keys.SCHEDULE, (_, _) -> {
            size++;
            return true;
        });
    }

    private record Slot(long at, String host) implements Comparable<Slot> {

        @Override
        public int compareTo(Slot other) {
            return at == other.at ? host.compareTo(other.host) : Long.compare(at, other.at);
        }
    }

    /// Rings when a host moves before the time that [#tell] told last.
    void alarm(Runnable bell) {
        alarm = bell;
    }

    /// When the next host is to be looked at; [Long#MAX_VALUE] if there is none.
    long first(Leases leases) {
        if (next.isEmpty() && horizon.compareTo(END) < 0) {
            load(leases);
        }
        return next.isEmpty() ? Long.MAX_VALUE : next.first().at;
    }

    /// Takes the next host out, until it is moved.
    String take() {
        return next.removeFirst().host;
    }

    /// Somebody waits until then.
    ///
    /// @return what was told before
    long tell(long at) {
        long before = told;
        told = at;
        return before;
    }

    /// Rings if that is before what was told.
    void ringFor(long at) {
        if (at < told) {
            told = at;
            alarm.run();
        }
    }

    /// A host whose key is there, and whom nobody has any more.
    void found(Host host) {
        add(new Slot(host.scheduledAt(), host.name()));
    }

    /// @param at [Long#MAX_VALUE] for a host without URLs
    void move(Edit edit, Host host, long at) {
        if (host.scheduledAt() != Host.NEVER) {
            edit.remove(Keys.schedule(host.scheduledAt(), host.name()));
            next.remove(new Slot(host.scheduledAt(), host.name()));
            size--;
        }
        host.schedule(at == Long.MAX_VALUE ? Host.NEVER : at);
        if (at != Long.MAX_VALUE) {
            edit.put(Keys.schedule(at, host.name()));
            from = Math.min(from, at);
            size++;
            add(new Slot(at, host.name()));
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

    private void add(Slot slot) {
        if (slot.compareTo(horizon) <= 0) {
            next.add(slot);
            if (next.size() > 2 * AT_HAND) {
                while (next.size() > AT_HAND) {
                    next.removeLast();
                }
                horizon = next.last();
            }
        }
        ringFor(slot.at);
    }

    private void load(Leases leases) {
        var first = new Object() {
            long at = Long.MAX_VALUE;
        };
        horizon = END;
        index.walk(Keys.SCHEDULE, Keys.schedule(from), (key, _) -> {
            Slot slot = new Slot(Keys.scheduledAt(key), Keys.scheduledHost(key));
            first.at = Math.min(first.at, slot.at);
            if (leases.holder(slot.host) == null) {
                next.add(slot);
            }
            boolean enough = next.size() == AT_HAND;
            if (enough) {
                horizon = slot;
            }
            return !enough;
        });
        from = first.at;
    }
}
