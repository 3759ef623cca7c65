package org.millrace.crawler;

import java.time.Instant;
import org.millrace.crawler.web.NormalUrl;

/// A URL that a crawl is to try.
///
/// @param crawl id of the crawl
/// @param foundOn URL of the page or sitemap that names it, empty for a seed
/// @param depth links from the seed, 0 for a seed
/// @param redirects redirects followed since the last link or seed
/// @param priority 0 to 1; of a host's URLs the highest is fetched first
/// @param due not before then; [Instant#EPOCH] for at once
public record Target(
        String crawl,
        NormalUrl url,
        String foundOn,
        int depth,
        int redirects,
        Limits limits,
        float priority,
        Instant due) {

    /// Browsers give up after 20; a page that needs more than ten leads nowhere.
    static final int MAX_REDIRECTS = 10;

    /// A URL to be fetched as soon as may be, the earlier the fewer links lie between it and a seed.
    public Target(String crawl, NormalUrl url, String foundOn, int depth, int redirects, Limits limits) {
        this(crawl, url, foundOn, depth, redirects, limits, 1f / (1 + depth), Instant.EPOCH);
    }

    public Target with(float newPriority, Instant newDue) {
        return new Target(crawl, url, foundOn, depth, redirects, limits, newPriority, newDue);
    }

    public Target link(NormalUrl to) {
        return new Target(crawl, to, url.toString(), depth + 1, 0, limits);
    }

    /// @param importance as the sitemap says, 0 to 1
    Target listed(NormalUrl to, float importance) {
        return new Target(crawl, to, url.toString(), depth + 1, 0, limits, importance, Instant.EPOCH);
    }

    Target redirect(NormalUrl to) {
        Limits wider = depth == 0 ? limits.andOn(to) : limits;
        return new Target(crawl, to, url.toString(), depth, redirects + 1, wider, priority, Instant.EPOCH);
    }

    /// A file of the same host that names pages of the crawl. It is as deep as the page that led there.
    public Target sitemap(NormalUrl file) {
        return new Target(crawl, file, url.toString(), depth, 0, limits);
    }

    public boolean isWithinLimits() {
        return depth <= limits.maxDepth() && redirects <= MAX_REDIRECTS && limits.allow(url);
    }

    public Fingerprint fingerprint() {
        return Fingerprint.of(crawl, url.toString());
    }
}
