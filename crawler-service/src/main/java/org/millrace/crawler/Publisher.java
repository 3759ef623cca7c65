package org.millrace.crawler;

import org.millrace.crawler.frontier.Lease;

/// Where crawlers tell what they learned. May block while it cannot keep up.
///
/// Whoever implements it owns the news: it asks the frontier whether the lease still holds
/// ([org.millrace.crawler.frontier.Frontier#accept]), makes the news safe, and then tells the frontier
/// so ([org.millrace.crawler.frontier.Frontier#finish]). Without a log [Crawler#settle] does it all.
@FunctionalInterface
public interface Publisher {

    void publish(Crawler origin, Lease lease, News news) throws InterruptedException;
}
