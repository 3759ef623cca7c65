package org.millrace.crawler.manners;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.millrace.crawler.web.NormalUrl;

/// Remembers the rules of origins, for at most a day (RFC 9309 section 2.4).
///
/// Safe for use by many threads. An origin is asked for by one worker at a time, so its files are not
/// requested twice at once.
public final class RobotsCache {

    private static final int MAX_ORIGINS = 10_000;

    private final Manners manners;
    private final LongSupplier nanos;
    private final Map<String, Kept> origins = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
            return size() > MAX_ORIGINS;
        }
    };

    public RobotsCache(Manners manners) {
        this(manners, System::nanoTime);
    }

    public RobotsCache(Manners manners, LongSupplier nanos) {
        this.manners = manners;
        this.nanos = nanos;
    }

    public Manners manners() {
        return manners;
    }

    /// The rules for a page, if they are known and not too old. What lies outside the scope has none to
    /// be asked for: nothing is requested there.
    public Optional<Robots> known(NormalUrl page) {
        Optional<String> refusal = manners.scope().refusal(page);
        return refusal.isPresent() ? refusal.map(Robots::barred) : remembered(page.origin());
    }

    /// How to learn the rules for a page that are not known.
    public Inquiry inquire(NormalUrl page) {
        return new Inquiry(page, manners);
    }

    /// Remembers what an inquiry about a page has found.
    public Robots learn(NormalUrl page, Inquiry inquiry) {
        remember(page.origin(), inquiry.rules(), inquiry.keep());
        return inquiry.rules();
    }

    private synchronized Optional<Robots> remembered(String origin) {
        Kept entry = origins.get(origin);
        return entry == null || entry.expiresAt - nanos.getAsLong() < 0 ? Optional.empty() : Optional.of(entry.robots);
    }

    private synchronized void remember(String origin, Robots robots, Duration kept) {
        origins.put(origin, new Kept(robots, nanos.getAsLong() + kept.toNanos()));
    }

    private record Kept(Robots robots, long expiresAt) {}
}
