package org.millrace.crawler;

import java.util.Set;
import java.util.TreeSet;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.web.NormalUrl;

/// What bounds a crawl.
///
/// @param maxDepth links followed from a seed, 1 to 1,000
/// @param maxPagesPerHost requests for pages of one host, errors included, 1 to 10,000,000
/// @param stayOn hosts that links may lead to, as [NormalUrl#authority] writes them
/// @param revisits when pages are fetched again
/// @param scope what is fetched of what those hosts have
public record Limits(int maxDepth, int maxPagesPerHost, Set<String> stayOn, Revisits revisits, Scope scope) {

    public Limits {
        within("limits.max_depth", maxDepth, 1000);
        within("limits.max_pages_per_host", maxPagesPerHost, 10_000_000);
        stayOn = Set.copyOf(stayOn);
    }

    /// Of a crawl that ends: no page is fetched again.
    public Limits(int maxDepth, int maxPagesPerHost, Set<String> stayOn) {
        this(maxDepth, maxPagesPerHost, stayOn, Revisits.NEVER, Scope.EVERYTHING);
    }

    boolean allowHost(NormalUrl url) {
        return stayOn.contains(url.authority());
    }

    boolean allow(NormalUrl url) {
        return allowHost(url) && scope.allows(url);
    }

    /// A seed that redirects takes the crawl with it: `example.org` means `www.example.org` too.
    Limits andOn(NormalUrl url) {
        if (allowHost(url)) {
            return this;
        }
        Set<String> more = new TreeSet<>(stayOn);
        more.add(url.authority());
        return new Limits(maxDepth, maxPagesPerHost, more, revisits, scope);
    }

    private static void within(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException("%s: expected 1 to %d, got %d".formatted(name, max, value));
        }
    }
}
