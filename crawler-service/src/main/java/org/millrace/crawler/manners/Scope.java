package org.millrace.crawler.manners;

import java.util.Optional;
import org.millrace.crawler.web.NormalUrl;

/// What is fetched, by lists of domains and URL prefixes.
///
/// @param allow if it names any, nothing else is fetched
/// @param block not fetched, whatever `allow` says
public record Scope(SiteList allow, SiteList block) {

    public static final Scope EVERYTHING = new Scope(SiteList.EMPTY, SiteList.EMPTY);

    public boolean allows(NormalUrl url) {
        return !block.contains(url) && (allow.isEmpty() || allow.contains(url));
    }

    /// Why a URL is not fetched, for people; empty if it is.
    public Optional<String> refusal(NormalUrl url) {
        if (block.contains(url)) {
            return Optional.of("the block list names it");
        }
        return allows(url) ? Optional.empty() : Optional.of("the allow list does not name it");
    }
}
