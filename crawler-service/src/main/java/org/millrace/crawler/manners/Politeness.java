package org.millrace.crawler.manners;

import java.time.Duration;
import java.time.Instant;
import org.millrace.crawler.web.Fetch;

/// How a host is treated.
///
/// A host that is busy (429, 503) or does not answer rests: as long as it asks for, or a minute, then
/// two, four and so on to a day. What doubles the rest is forgiven after half an hour of quiet. A host
/// that gives nothing but trouble is given up after some rests, and its open URLs count as failed: else
/// a single dead host would hold a crawl for days.
///
/// @param delay least time from an answer to the next request to the same host
/// @param maxCrawlDelay longest crawl-delay of a robots.txt that is honoured
/// @param retryDelay pause of a URL before its second try after a network error; doubles each time
/// @param backOff first rest of a host; doubles each time
/// @param maxBackOff longest rest, and longest Retry-After that is honoured
/// @param tries requests made for one URL until its failure is believed
/// @param maxRests rests in a row without a usable answer, until a host is given up
/// @param patience longest time of such rests together
public record Politeness(
        Duration delay,
        Duration maxCrawlDelay,
        Duration retryDelay,
        Duration backOff,
        Duration maxBackOff,
        int tries,
        int maxRests,
        Duration patience) {

    public static final int MAX_RESTS = 5;
    public static final Duration PATIENCE = Duration.ofHours(2);

    private static final Duration FORGIVEN_AFTER = Duration.ofMinutes(30);

    /// Network errors of a host in a row, until it rests.
    static final int MAX_ERRORS = 5;

    /// Of a back-off, so that hosts which failed together are not asked together.
    private static final double JITTER = 0.1;

    private static final int MAX_DOUBLINGS = 20;

    /// With the usual patience.
    public Politeness(
            Duration delay,
            Duration maxCrawlDelay,
            Duration retryDelay,
            Duration backOff,
            Duration maxBackOff,
            int tries) {
        this(delay, maxCrawlDelay, retryDelay, backOff, maxBackOff, tries, MAX_RESTS, PATIENCE);
    }

    /// The delay for a host whose robots.txt asks for `crawlDelay`.
    public Duration delay(Duration crawlDelay) {
        Duration honoured = shorter(crawlDelay, maxCrawlDelay);
        return honoured.compareTo(delay) > 0 ? honoured : delay;
    }

    /// The pause of a URL before another try, while its host may be asked for others.
    ///
    /// @param failures tries that failed so far, at least 1
    public Duration pause(int failures) {
        return shorter(doubled(retryDelay, failures - 1), maxBackOff);
    }

    /// How a host stands after an answer.
    ///
    /// @param chance 0 to 1, evenly drawn
    public Standing after(Standing before, Fetch fetch, Instant now, double chance) {
        return switch (fetch) {
            case Fetch.HttpError error when error.asksToWait() -> unreachable(before, error, now, chance);
            case Fetch.Failed(var _, boolean mayPass)
            when mayPass -> {
                Standing failed = before.failed();
                yield failed.errors() < MAX_ERRORS ? failed : rested(failed, backOff(failed, now, chance), now);
            }
            case Fetch.Fetched _,
                    Fetch.Unchanged _,
                    Fetch.Redirected _,
                    Fetch.Disallowed _,
                    Fetch.HttpError _,
                    Fetch.Failed _ -> before.answered();
        };
    }

    /// How a host, or one of its origins, stands after an answer that makes it of no use for now.
    ///
    /// @param chance 0 to 1, evenly drawn
    Standing unreachable(Standing before, Fetch fetch, Instant now, double chance) {
        Duration asked = fetch instanceof Fetch.HttpError(var _, Duration retryAfter) ? retryAfter : null;
        return rested(before, asked == null ? backOff(before, now, chance) : shorter(asked, maxBackOff), now);
    }

    private Duration backOff(Standing standing, Instant now, double chance) {
        Duration doubled = shorter(doubled(backOff, strikes(standing, now)), maxBackOff);
        return doubled.plusMillis(Math.round(doubled.toMillis() * JITTER * (2 * chance - 1)));
    }

    private Standing rested(Standing before, Duration rest, Instant now) {
        Instant since = before.inVain() == 0 ? now : before.inVainSince();
        Instant until = now.plus(rest);
        boolean hopeless = before.inVain() >= maxRests || until.isAfter(since.plus(patience));
        return new Standing(
                strikes(before, now) + 1,
                0,
                before.inVain() + 1,
                hopeless ? before.restUntil() : until,
                since,
                hopeless ? until : before.givenUpUntil());
    }

    private static int strikes(Standing standing, Instant now) {
        boolean forgiven = now.isAfter(standing.restUntil().plus(FORGIVEN_AFTER));
        return forgiven ? 0 : standing.strikes();
    }

    private static Duration doubled(Duration first, int times) {
        return first.multipliedBy(1L << Math.min(times, MAX_DOUBLINGS));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
