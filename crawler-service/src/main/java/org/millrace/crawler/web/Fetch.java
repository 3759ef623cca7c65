package org.millrace.crawler.web;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What came of one URL. Each is a fact worth publishing; none is an error of this program.
public sealed interface Fetch {

    /// A 2xx answer with its body, decoded of content-encoding.
    record Fetched(int status, byte[] body, Headers headers) implements Fetch {}

    /// The page is still the version that the request named.
    record Unchanged(Headers headers) implements Fetch {}

    /// A redirect to a URL that a crawler may follow.
    record Redirected(int status, NormalUrl to) implements Fetch {}

    /// robots.txt or a robots directive forbids it: nothing was requested, or nothing kept.
    record Disallowed(String why) implements Fetch {}

    /// A 4xx or 5xx answer, or another one that holds no page.
    ///
    /// @param retryAfter what the server asked for, null if it did not
    record HttpError(int status, @Nullable Duration retryAfter) implements Fetch {

        /// The server is busy rather than without the page.
        public boolean asksToWait() {
            return status == 429 || status == 503;
        }
    }

    /// No usable answer.
    ///
    /// @param mayPass another try may go better: the network failed, not a rule
    record Failed(String why, boolean mayPass) implements Fetch {}

    /// The name that outcomes are counted under.
    default Outcome outcome() {
        return switch (this) {
            case Fetched _ -> Outcome.FETCHED;
            case Unchanged _ -> Outcome.UNCHANGED;
            case Redirected _ -> Outcome.REDIRECTED;
            case Disallowed _ -> Outcome.DISALLOWED;
            case HttpError _ -> Outcome.HTTP_ERROR;
            case Failed _ -> Outcome.FAILED;
        };
    }

    /// Bytes of the body, 0 without one.
    default long bytes() {
        return this instanceof Fetched(var _, byte[] body, var _) ? body.length : 0;
    }
}
