package org.millrace.crawler.frontier;

import org.millrace.crawler.LastVisit;
import org.millrace.crawler.News;
import org.millrace.crawler.web.Outcome;

/// What a frontier needs to know of news that are safe, without the body.
///
/// @param requested a request was made that counts against the limit of the host
/// @param found URLs that the news name
public record Done(Lease lease, Outcome outcome, long bytes, boolean requested, LastVisit visit, int found) {

    public static Done of(Lease lease, News news) {
        return switch (news) {
            case News.Visited(var _, var fetch, boolean requested, var visit, var found) ->
                new Done(lease, fetch.outcome(), fetch.bytes(), requested, visit, found.size());
            case News.Listed(var found, var visit) -> new Done(lease, Outcome.FETCHED, 0, false, visit, found.size());
        };
    }
}
