package org.millrace.crawler.frontier;

import java.time.Instant;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Target;
import org.millrace.crawler.manners.Standing;

/// A URL in somebody's hands until a time, and its host with it. Not returned by then, both are handed
/// out again, and what comes of this lease is not accepted any more.
///
/// @param number of this lease, never given twice by one frontier
/// @param isSitemap a file that names pages, and no page itself
/// @param sitemapsKnown those of its host were queued for its crawl before
/// @param tries requests for it that failed already
/// @param last what is remembered of it
/// @param standing how its host stands
public record Lease(
        long number,
        Target target,
        Fingerprint url,
        boolean isSitemap,
        boolean sitemapsKnown,
        int tries,
        LastVisit last,
        Standing standing,
        Instant until) {

    String host() {
        return target.url().authority();
    }
}
