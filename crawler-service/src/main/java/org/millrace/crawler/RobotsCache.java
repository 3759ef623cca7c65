package org.millrace.crawler;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Remembers the rules of origins, for at most a day (RFC 9309 section 2.4).
///
/// Safe for use by many threads. An origin is asked for by one worker at a time, so its robots.txt is
/// not requested twice at once.
public final class RobotsCache {

    private static final int MAX_ORIGINS = 10_000;
    static final int MAX_REDIRECTS = 5;
    private static final Duration DAY = Duration.ofHours(24);

    /// A robots.txt that could not be read forbids everything; that is looked at again sooner.
    private static final Duration KEPT_UNREADABLE = Duration.ofHours(1);

    private final String agent;
    private final Map<String, Kept> origins = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
            return size() > MAX_ORIGINS;
        }
    };

    /// @param agent product token of the crawler
    public RobotsCache(String agent) {
        this.agent = agent;
    }

    String agent() {
        return agent;
    }

    /// The rules for a page, if they are known and not too old.
    Optional<Robots> known(NormalUrl page) {
        Robots known = known(page.origin());
        return known == null ? Optional.empty() : Optional.of(known);
    }

    /// Where the rules for a page are.
    static NormalUrl location(NormalUrl page) {
        return new NormalUrl(page.scheme(), page.host(), page.port(), "/robots.txt");
    }

    /// Remembers what the answer to the request for a page's robots.txt says.
    ///
    /// @param answer the last one, where the first [#MAX_REDIRECTS] were followed
    Robots learn(NormalUrl page, Fetch answer) {
        Robots robots = Robots.of(location(page), answer, agent);
        boolean unreadable = answer instanceof Fetch.Failed || answer instanceof Fetch.HttpError && !robots.allow(page);
        remember(page.origin(), robots, unreadable ? KEPT_UNREADABLE : DAY);
        return robots;
    }

    /// The rules for a page; requested with `request` if they are not known.
    Robots rules(NormalUrl page, Request request) throws InterruptedException {
        Optional<Robots> known = known(page);
        if (known.isPresent()) {
            return known.get();
        }
        Fetch answer = request.fetch(location(page), Fetcher.Wanted.ROBOTS);
        for (int i = 0; i < MAX_REDIRECTS && answer instanceof Fetch.Redirected(var _, NormalUrl to); i++) {
            answer = request.fetch(to, Fetcher.Wanted.ROBOTS);
        }
        return learn(page, answer);
    }

    private synchronized @Nullable Robots known(String origin) {
        Kept entry = origins.get(origin);
        return entry == null || entry.expiresAt - System.nanoTime() < 0 ? null : entry.robots;
    }

    private synchronized void remember(String origin, Robots robots, Duration kept) {
        origins.put(origin, new Kept(robots, System.nanoTime() + kept.toNanos()));
    }

    private record Kept(Robots robots, long expiresAt) {}

    /// A request that keeps the host's delay.
    interface Request {
        Fetch fetch(NormalUrl url, Fetcher.Wanted wanted) throws InterruptedException;
    }
}
