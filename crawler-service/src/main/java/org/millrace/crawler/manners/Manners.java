package org.millrace.crawler.manners;

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
}
