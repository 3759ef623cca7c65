package org.millrace.crawler;

import java.time.Instant;
import java.util.List;
import org.millrace.crawler.manners.Directives;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

/// What a crawler takes from a page that it fetched.
///
/// @param kept the page, or why it may not be kept
/// @param links that may be followed, whether or not the page may be kept
public record Reading(Fetch kept, List<NormalUrl> links) {

    private static final String RESERVATION = "tdm-reservation";

    public Reading {
        links = List.copyOf(links);
    }

    static Reading of(NormalUrl url, Fetch.Fetched page, Instant at, Manners manners) {
        Headers headers = page.headers();
        Links links = Links.of(url, page.body(), headers.contentType());
        Directives directives = Directives.ofHeaders(headers.all("X-Robots-Tag"), manners, at);
        boolean reserved = headers.all(RESERVATION).contains("1");
        for (Headers.Field meta : links.metas()) {
            String name = meta.name();
            if (name.equalsIgnoreCase("robots") || name.equalsIgnoreCase(manners.agent())) {
                directives = directives.and(Directives.of(meta.value(), manners.signals(), at));
            }
            reserved |=
                    name.equalsIgnoreCase(RESERVATION) && meta.value().strip().equals("1");
        }
        if (reserved && manners.signals().tdmReservation()) {
            directives = directives.and(new Directives(RESERVATION, true));
        }
        Fetch kept = directives.barredBy().isEmpty()
                ? page
                : new Fetch.Disallowed("the page asks not to be kept: " + directives.barredBy());
        return new Reading(kept, directives.follow() ? followed(links.urls(), manners) : List.of());
    }

    /// A page that did not come from its site, or why it may not be kept: it asks robots the same as if it
    /// had.
    public static Fetch kept(NormalUrl url, Fetch.Fetched page, Instant at, Manners manners) {
        return manners.scope().refusal(url).<Fetch>map(Fetch.Disallowed::new).orElseGet(() -> of(url, page, at, manners)
                .kept());
    }

    private static List<NormalUrl> followed(List<NormalUrl> urls, Manners manners) {
        return urls.stream()
                .map(url -> manners.dropTracking() ? url.withoutTracking() : url)
                .filter(url -> manners.scope().allows(url))
                .distinct()
                .toList();
    }
}
