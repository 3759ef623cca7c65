package org.millrace.crawler;

import java.time.Instant;

/// How this crawler behaves towards sites, whatever the crawl.
///
/// @param agent product token that rules are addressed to
/// @param scope what is fetched at all
/// @param dropTracking links lose parameters that name a visit and not a page
public record Manners(String agent, Signals signals, Scope scope, boolean dropTracking) {

    /// With all signals heeded, and no lists.
    public static Manners of(String agent) {
        return new Manners(agent, Signals.ALL, Scope.EVERYTHING, true);
    }

    /// A page that did not come from its site, or why it may not be kept: it asks robots the same as if it
    /// had.
    public Fetch kept(NormalUrl url, Fetch.Fetched page, Instant at) {
        return scope.refusal(url).<Fetch>map(Fetch.Disallowed::new).orElseGet(() -> Reading.of(url, page, at, this)
                .kept());
    }
}
