package org.millrace.crawler.frontier;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.frontier.Entry.Place;

/// The two queues of each host: what may be fetched now, best rank first, and what may be later.
final class Queues {

    /// URLs that become due are moved from one to the other in steps.
    private static final int AT_ONCE = 200;

    private final Index index;
    private final Ledger ledger;
    private final Schedule schedule;
    private final InstantSource clock;

    /// Hosts in somebody's hands. What is changed of them meanwhile must meet what they come back with.
    private final Map<String, Host> lent = new HashMap<>();

    Queues(Index index, Ledger ledger, Schedule schedule, InstantSource clock) {
        this.index = index;
        this.ledger = ledger;
        this.schedule = schedule;
        this.clock = clock;
    }

    Host host(Edit edit, String name) {
        Host host = lent.get(name);
        return host == null ? ledger.host(edit, name) : host;
    }

    void lend(Host host) {
        lent.put(host.name(), host);
    }

    @Nullable
    Host giveBack(String name) {
        return lent.remove(name);
    }

    void add(Edit edit, Host host, Fingerprint url, Entry entry, Instant due, int tries) {
        Instant now = clock.instant();
        long at;
        if (due.isAfter(now)) {
            at = Times.micros(due);
            edit.put(Keys.later(host.name(), at, url));
            host.laterHas(at);
            ledger.put(edit, url, entry.in(Place.LATER, at, tries));
        } else {
            at = Times.micros(now);
            ready(edit, host, url, entry.in(Place.READY, 0, tries));
        }
        at = Math.max(at, host.readyAt());
        boolean isFree = !lent.containsKey(host.name());
        if (isFree && (host.scheduledAt() == Host.NEVER || at < host.scheduledAt())) {
            schedule.move(edit, host, at);
        }
        ledger.put(edit, host);
    }

    private void ready(Edit edit, Host host, Fingerprint url, Entry ready) {
        edit.put(Keys.ready(host.name(), ready.rank(), ready.position(), url));
        host.readyHas(ready.rank(), ready.position());
        ledger.put(edit, url, ready);
    }

    static void remove(Edit edit, String host, Fingerprint url, Entry entry) {
        switch (entry.place()) {
            case READY -> edit.remove(Keys.ready(host, entry.rank(), entry.position(), url));
            case LATER -> edit.remove(Keys.later(host, entry.due(), url));
            case NOWHERE -> {}
        }
    }

    /// What has become due stands with the rest, in the order of priorities.
    void promote(Edit edit, Host host, long now) {
        long from = host.laterFrom();
        if (from > now) {
            return;
        }
        Map<Fingerprint, Long> due = new HashMap<>();
        host.laterFrom(Long.MAX_VALUE); // unless something is found
        index.walk(Keys.later(host.name()), Keys.later(host.name(), from), (key, _) -> {
            host.laterFrom(Keys.due(key));
            boolean isDue = Keys.due(key) <= now && due.size() < AT_ONCE;
            if (isDue) {
                due.put(Keys.fingerprint(key), Keys.due(key));
                host.laterFrom(Long.MAX_VALUE);
            }
            return isDue;
        });
        due.forEach((url, at) -> {
            Entry entry = ledger.entry(edit, url);
            edit.remove(Keys.later(host.name(), at, url));
            if (entry != null && entry.target() != null) {
                ready(edit, host, url, entry.in(Place.READY, 0, entry.tries()));
            }
        });
        if (!due.isEmpty()) {
            ledger.put(edit, host); // its queue may begin earlier now
        }
    }

    /// Something may be fetched now, as far as the host may be asked.
    boolean hasReady(Host host) {
        var found = new Object() {
            boolean any;
        };
        index.walk(Keys.ready(host.name()), host.readyFrom(), (_, _) -> {
            found.any = true;
            return false;
        });
        return found.any;
    }
}
