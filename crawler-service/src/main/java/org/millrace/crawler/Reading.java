package org.millrace.crawler;

import java.time.Instant;
import java.util.List;
import org.millrace.crawler.manners.Directives;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a crawler takes from a page that it fetched.
///
/// @param kept the page, or why it may not be kept
/// @param links that may be followed, whether or not the page may be kept
public record Reading(Fetch kept, List<NormalUrl> links) {

    private static final Logger LOGGER = LoggerFactory.getLogger(Reading.class);

    private static final String RESERVATION = "tdm-reservation";

    public Reading {
        links = List.copyOf(links);
    }

    static Reading of(NormalUrl url, Fetch.Fetched page, Instant at, Manners manners) {
        Links links = Links.of(url, page.body(), page.headers().contentType());
        Directives directives = directives(page.headers(), links.metas(), at, manners);
        return new Reading(kept(page, directives), directives.follow() ? followed(links.urls(), manners) : List.of());
    }

    /// A page that did not come from its site, or why it may not be kept, or cannot be read: it asks robots
    /// the same as if it had. As long as live pages take all memory it waits; they end, as their requests do.
    public static Fetch kept(Fetch.Fetched page, Instant at, Manners manners, Room room) throws InterruptedException {
        String contentType = page.headers().contentType();
        long heap = Links.heap(page.body(), contentType);
        if (!room.holds(heap)) {
            return tooLarge(heap);
        }
        try (Room.Place place = room.place()) {
            while (!place.grow(heap)) {
                LOGGER.info("a page of an archive waits for {} MiB of memory", heap >> 20);
            }
            return kept(page, directives(page.headers(), Links.metas(page.body(), contentType), at, manners));
        }
    }

    /// What a page is that there is never room to read.
    static Fetch.Failed tooLarge(long heap) {
        return new Fetch.Failed("markup: reading it would take %d MiB of memory".formatted(heap >> 20), false);
    }

    private static Fetch kept(Fetch.Fetched page, Directives directives) {
        return directives.barredBy().isEmpty()
                ? page
                : new Fetch.Disallowed("the page asks not to be kept: " + directives.barredBy());
    }

    private static Directives directives(Headers headers, List<Headers.Field> metas, Instant at, Manners manners) {
        Directives directives = Directives.ofHeaders(headers.all("X-Robots-Tag"), manners, at);
        boolean reserved = headers.all(RESERVATION).contains("1");
        for (Headers.Field meta : metas) {
            String name = meta.name();
            if (name.equalsIgnoreCase("robots") || name.equalsIgnoreCase(manners.agent())) {
                directives = directives.and(Directives.of(meta.value(), manners.signals(), at));
            }
            reserved |=
                    name.equalsIgnoreCase(RESERVATION) && meta.value().strip().equals("1");
        }
        return reserved && manners.signals().tdmReservation()
                ? directives.and(new Directives(RESERVATION, true))
                : directives;
    }

    private static List<NormalUrl> followed(List<NormalUrl> urls, Manners manners) {
        return urls.stream()
                .map(url -> manners.dropTracking() ? url.withoutTracking() : url)
                .filter(url -> manners.scope().allows(url))
                .distinct()
                .toList();
    }
}
