package org.millrace.crawler;

/// A URL that a crawl is to try.
///
/// @param crawl id of the crawl
/// @param foundOn URL of the page or sitemap that names it, empty for a seed
/// @param depth links from the seed, 0 for a seed
/// @param redirects redirects followed since the last link or seed
public record Target(String crawl, NormalUrl url, String foundOn, int depth, int redirects, Limits limits) {

    /// Browsers give up after 20; a page that needs more than ten leads nowhere.
    static final int MAX_REDIRECTS = 10;

    Target link(NormalUrl to) {
        return new Target(crawl, to, url.toString(), depth + 1, 0, limits);
    }

    Target listed(NormalUrl to, NormalUrl sitemap) {
        return new Target(crawl, to, sitemap.toString(), depth + 1, 0, limits);
    }

    Target redirect(NormalUrl to) {
        return new Target(crawl, to, url.toString(), depth, redirects + 1, depth == 0 ? limits.andOn(to) : limits);
    }

    boolean isWithinLimits() {
        return depth <= limits.maxDepth() && redirects <= MAX_REDIRECTS && limits.allow(url);
    }

    Fingerprint fingerprint() {
        return Fingerprint.of(crawl, url.toString());
    }
}
