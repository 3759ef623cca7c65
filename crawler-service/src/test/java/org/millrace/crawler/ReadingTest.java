package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.Signals;
import org.millrace.crawler.manners.SiteList;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

class ReadingTest {

    private static final NormalUrl PAGE =
            NormalUrl.of("http://example.org/dir/page").orElseThrow();
    private static final Instant NOW = Instant.parse("2026-07-01T12:00:00Z");
    private static final Manners MANNERS = Manners.of("millrace");

    /// By which directive a page is not kept, and whether its links are followed. `|` stands between two
    /// fields of the header.
    @ParameterizedTest
    @CsvSource({
        "'', '', true",
        "all, '', true",
        "noindex, noindex, true",
        "NoIndex, noindex, true",
        "nofollow, '', false",
        "none, none, false",
        "'noindex, nofollow', noindex, false",
        "noai, noai, true",
        "noimageai, noimageai, true",
        "'noarchive, nosnippet, max-snippet: 3', '', true",
        "'max-snippet: 3, noindex', noindex, true",
        "'max-image-preview: none', '', true",
        // names
        "'otherbot: noindex', '', true",
        "'otherbot: noindex, nofollow', '', true",
        "'otherbot: noindex, millrace: nofollow', '', false",
        "'Millrace: noai', noai, true",
        "'millrace : noai , nofollow', noai, false",
        "'*: noindex', noindex, true",
        "'otherbot: noindex | noai', noai, true",
        "'noindex | otherbot: nofollow', noindex, true",
        "'googlebot: nofollow, noindex, millrace: noai', noai, true",
        // dates, as owners write them
        "'unavailable_after: 25 Jun 2026 15:00:00 GMT', unavailable_after, true",
        "'unavailable_after: 25 Jun 2030 15:00:00 GMT', '', true",
        "'unavailable_after: Thu, 25 Jun 2026 15:00:00 GMT, nofollow', unavailable_after, false",
        "'unavailable_after: Tue, 25 Jun 2030 15:00:00 GMT, nofollow', '', false",
        "'unavailable_after: Thursday, 25-Jun-26 15:00:00 UTC', unavailable_after, true",
        "'unavailable_after: 25-Jun-2026 15:00:00 PST', unavailable_after, true",
        "'unavailable_after: 2026-06-25', unavailable_after, true",
        "'unavailable_after: 2026-07-01', '', true",
        "'unavailable_after: 2026-06-30T23:59:59+02:00', unavailable_after, true",
        "'unavailable_after: 2026-07-01T13:59:59+01:00', '', true",
        "'unavailable_after: 2026-06-30T23:59:59', unavailable_after, true",
        "'unavailable_after: when it suits', '', true",
        "'millrace: unavailable_after: 2026-06-25', unavailable_after, true",
        "'otherbot: unavailable_after: 2026-06-25', '', true",
        "'unavailable_after: 25 Jun 2030 15:00:00 GMT, none', none, false",
    })
    void headersAreHeeded(String fields, String barredBy, boolean follow) {
        List<String> header = new ArrayList<>(List.of("Content-Type", "text/html"));
        for (String field : fields.split("\\|")) {
            header.addAll(List.of("X-Robots-Tag", field.strip()));
        }

        Reading reading = read("<a href='/x'>x</a>", MANNERS, header.toArray(String[]::new));

        assertThat(reading.kept()).isEqualTo(barredBy.isEmpty() ? reading.kept() : disallowed(barredBy));
        assertThat(reading.kept() instanceof Fetch.Fetched).isEqualTo(barredBy.isEmpty());
        assertThat(reading.links()).hasSize(follow ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource({
        "robots, 'index, follow', '', true",
        "ROBOTS, 'NoIndex', noindex, true",
        "robots, 'nofollow', '', false",
        "robots, none, none, false",
        "robots, 'noai, noimageai', noai, true",
        "robots, 'noimageai', noimageai, true",
        "robots, 'noindex nofollow', noindex, false",
        "robots, 'unavailable_after: 2026-06-25', unavailable_after, true",
        "millrace, 'noindex,nofollow', noindex, false",
        "Millrace, noai, noai, true",
        "otherbot, none, '', true",
        "googlebot, noindex, '', true",
        "tdm-reservation, 1, tdm-reservation, true",
        "TDM-Reservation, ' 1 ', tdm-reservation, true",
        "tdm-reservation, 0, '', true",
    })
    void metaElementsAreHeeded(String name, String content, String barredBy, boolean follow) {
        Reading reading = read(
                "<html><body><a href='/x'>x</a><meta name='%s' content='%s'>".formatted(name, content),
                MANNERS,
                "Content-Type",
                "text/html");

        assertThat(reading.kept() instanceof Fetch.Fetched).isEqualTo(barredBy.isEmpty());
        assertThat(reading.kept()).isEqualTo(barredBy.isEmpty() ? reading.kept() : disallowed(barredBy));
        assertThat(reading.links()).hasSize(follow ? 1 : 0);
    }

    @Test
    void theReservationOfAHeaderIsHeededOnWhateverIsNoHtmlToo() {
        String[] headers = {"Content-Type", "text/plain", "TDM-Reservation", "1", "tdm-policy", "https://example.org/"};

        assertThat(read("words", MANNERS, headers).kept()).isEqualTo(disallowed("tdm-reservation"));
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> knobs() {
        return Stream.of(
                org.junit.jupiter.params.provider.Arguments.of(new Signals(false, true, true, true, true), "noindex"),
                org.junit.jupiter.params.provider.Arguments.of(new Signals(false, true, true, true, true), "none"),
                org.junit.jupiter.params.provider.Arguments.of(
                        new Signals(false, true, true, true, true), "unavailable_after: 2020-01-01"),
                org.junit.jupiter.params.provider.Arguments.of(new Signals(true, false, true, true, true), "noai"),
                org.junit.jupiter.params.provider.Arguments.of(
                        new Signals(true, true, false, true, true), "noimageai"));
    }

    @ParameterizedTest
    @MethodSource("knobs")
    void eachSignalIsAKnob(Signals without, String directive) {
        String[] headers = {"Content-Type", "text/html", "X-Robots-Tag", directive};

        assertThat(read("x", MANNERS, headers).kept()).isInstanceOf(Fetch.Disallowed.class);
        assertThat(read("x", new Manners("millrace", without, Scope.EVERYTHING, true), headers)
                        .kept())
                .isInstanceOf(Fetch.Fetched.class);
    }

    @Test
    void reservationsAreAKnobToo() {
        Manners deaf = new Manners("millrace", new Signals(true, true, true, true, false), Scope.EVERYTHING, true);

        assertThat(read("x", deaf, "Content-Type", "text/html", "tdm-reservation", "1")
                        .kept())
                .isInstanceOf(Fetch.Fetched.class);
    }

    @Test
    void linksLoseTheirTrackingAndStayInScope() {
        Scope scope = new Scope(SiteList.EMPTY, SiteList.of("block", List.of("http://example.org/private/")));
        String html = "<a href='/a?utm_source=x'>1</a><a href='/a;jsessionid=123'>2</a><a href='/private/b'>3</a>";

        assertThat(read(html, new Manners("millrace", Signals.ALL, scope, true), "Content-Type", "text/html")
                        .links())
                .map(NormalUrl::path)
                .containsExactly("/a");
        assertThat(read(html, new Manners("millrace", Signals.ALL, scope, false), "Content-Type", "text/html")
                        .links())
                .map(NormalUrl::path)
                .containsExactly("/a?utm_source=x", "/a;jsessionid=123");
    }

    private static Reading read(String html, Manners manners, String... headers) {
        return Reading.of(PAGE, new Fetch.Fetched(200, html.getBytes(UTF_8), Headers.of(headers)), NOW, manners);
    }

    private static Fetch disallowed(String by) {
        return new Fetch.Disallowed("the page asks not to be kept: " + by);
    }
}
