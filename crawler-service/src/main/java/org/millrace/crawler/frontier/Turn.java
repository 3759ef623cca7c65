package org.millrace.crawler.frontier;

import java.time.Instant;

/// What a frontier has to be done next.
public sealed interface Turn {

    /// One URL of a host that may be asked now.
    record Go(Lease lease) implements Turn {}

    /// Nothing may be done before then, unless something happens to the frontier.
    record Wait(Instant until) implements Turn {}
}
