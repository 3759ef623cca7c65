package org.millrace.crawler;

import java.time.Duration;

/// How a host is treated.
///
/// @param delay least time from an answer to the next request to the same host
/// @param maxCrawlDelay longest crawl-delay of a robots.txt that is honoured
/// @param retryDelay pause before the second try after a network error; doubles each time
/// @param backOff pause after 429 or 503 without Retry-After; doubles each time
/// @param maxBackOff longest such pause, and longest Retry-After that is waited for
/// @param tries requests made for one URL until its failure is believed
public record Politeness(
        Duration delay, Duration maxCrawlDelay, Duration retryDelay, Duration backOff, Duration maxBackOff, int tries) {

    /// The pause before another try.
    ///
    /// @param failures tries that failed so far, at least 1
    Duration pause(Fetch fetch, int failures) {
        Duration pause =
                switch (fetch) {
                    case Fetch.HttpError(var _, Duration asked) when asked != null -> asked;
                    case Fetch.HttpError _ -> doubled(backOff, failures);
                    default -> doubled(retryDelay, failures);
                };
        return pause.compareTo(maxBackOff) > 0 ? maxBackOff : pause;
    }

    /// The delay for a host whose robots.txt asks for `crawlDelay`.
    Duration delay(Duration crawlDelay) {
        Duration honoured = crawlDelay.compareTo(maxCrawlDelay) > 0 ? maxCrawlDelay : crawlDelay;
        return honoured.compareTo(delay) > 0 ? honoured : delay;
    }

    private static Duration doubled(Duration first, int failures) {
        return first.multipliedBy(1L << Math.min(failures - 1, 20));
    }
}
