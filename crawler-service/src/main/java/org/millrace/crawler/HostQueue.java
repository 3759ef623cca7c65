package org.millrace.crawler;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The URLs of one host that wait, and when the next request may be made.
///
/// Queue and budgets belong to the [Frontier] and are touched under its lock. The rest belongs to the
/// host's one worker; workers follow one another through the frontier's lock, so each sees what the
/// last one left.
final class HostQueue {

    /// Some waiting URLs will turn out to be disallowed and cost no request, so more may wait than may
    /// be requested. Beyond this the site is a trap.
    private static final int WAITING_PER_REQUEST = 4;

    private final String name;
    private final Deque<Target> waiting = new ArrayDeque<>();
    private final Map<String, Budget> budgets = new HashMap<>();
    private boolean working;

    private final Set<String> sitemapsRead = new HashSet<>();
    private long readyAt = System.nanoTime();
    private @Nullable Long answeredAt;

    HostQueue(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    // ---- the frontier's

    boolean hasRoom(Target target) {
        Budget budget = budget(target.crawl());
        int max = target.limits().maxPagesPerHost();
        return budget.requests < max && budget.waiting < (long) max * WAITING_PER_REQUEST;
    }

    void add(Target target) {
        waiting.addLast(target);
        budget(target.crawl()).waiting++;
    }

    @Nullable
    Target poll() {
        Target target = waiting.pollFirst();
        if (target != null) {
            budget(target.crawl()).waiting--;
        }
        return target;
    }

    /// Counts a request; false if the crawl may make no more to this host.
    boolean spend(Target target) {
        Budget budget = budget(target.crawl());
        if (budget.requests >= target.limits().maxPagesPerHost()) {
            return false;
        }
        budget.requests++;
        return true;
    }

    void spent(String crawl) {
        budget(crawl).requests++;
    }

    void refund(String crawl) {
        budget(crawl).requests--;
    }

    /// True for the caller that makes the host worked on.
    boolean startWork() {
        boolean idle = !working;
        working = true;
        return idle;
    }

    void stopWork() {
        working = false;
    }

    private Budget budget(String crawl) {
        return budgets.computeIfAbsent(crawl, _ -> new Budget());
    }

    // ---- the worker's

    /// Waits until the host may be asked again.
    ///
    /// @param delay least time since its last answer
    void awaitTurn(Duration delay) throws InterruptedException {
        long now = System.nanoTime();
        long nanos = Math.max(readyAt - now, answeredAt == null ? 0 : answeredAt + delay.toNanos() - now);
        if (nanos > 0) {
            Thread.sleep(Duration.ofNanos(nanos));
        }
    }

    void answered() {
        answeredAt = System.nanoTime();
    }

    /// Leaves the host alone for so long from now.
    void rest(Duration pause) {
        readyAt = System.nanoTime() + pause.toNanos();
    }

    /// True once for each crawl.
    boolean startSitemaps(String crawl) {
        return sitemapsRead.add(crawl);
    }

    private static final class Budget {
        private int requests;
        private int waiting;
    }
}
