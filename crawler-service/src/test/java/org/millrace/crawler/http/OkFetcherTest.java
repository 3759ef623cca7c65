package org.millrace.crawler.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher.Wanted;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;
import org.millrace.crawler.web.Version;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

class OkFetcherTest {

    private static final Wanted PAGE = new Wanted(10_000, false, true);

    private final FixtureSite site;
    private final OkFetcher fetcher = fetcher(true);

    OkFetcherTest() throws IOException {
        site = FixtureSite.start();
    }

    @AfterEach
    void close() {
        site.close();
    }

    @Test
    void aPageComesWithItsHeaders() {
        site.answer("/", Response.html("hello").with("ETag", "\"7\"").with("Last-Modified", "yesterday"));

        Fetch fetch = fetch("/");

        assertThat(fetch).isInstanceOfSatisfying(Fetch.Fetched.class, page -> {
            assertThat(page.body()).asString().isEqualTo("hello");
            assertThat(page.headers().contentType()).isEqualTo("text/html; charset=utf-8");
            assertThat(page.headers().version()).isEqualTo(new Version("\"7\"", "yesterday"));
        });
    }

    @Test
    void bodiesUpToTheLimitAreRead() {
        site.answer("/fits", Response.html("x".repeat(10_000)));
        site.answer("/long", Response.html("x".repeat(10_001)));

        assertThat(fetch("/fits").bytes()).isEqualTo(10_000);
        assertThat(fetch("/long")).isEqualTo(new Fetch.Failed("body: expected at most 10000 bytes, got more", false));
    }

    /// To ask again would be in vain.
    @Test
    void aBodyThatThereIsNeverRoomForIsAFailureThatDoesNotPass() {
        site.answer("/", Response.html("x".repeat(10_000)));
        Room room = new Room(0, 1 << 20, 2 << 20, Duration.ZERO);

        try (Room.Place place = room.place()) {
            assertThat(fetcher.fetch(url("/"), Wanted.page(3 << 20).within(place))
                            .bytes())
                    .isEqualTo(10_000);
        }
        site.answer("/", Response.html("x".repeat(3 << 20)));
        try (Room.Place place = room.place()) {
            assertThat(fetcher.fetch(url("/"), Wanted.page(3 << 20).within(place)))
                    .isEqualTo(new Fetch.Failed("body: reading it would take 3 MiB of memory", false));
        }
    }

    @Test
    void whereTheStartWillDoTheRestIsLeft() {
        site.answer("/long", Response.html("x".repeat(50_000)));

        assertThat(fetcher.fetch(url("/long"), new Wanted(10_000, true, true)).bytes())
                .isEqualTo(10_000);
    }

    @ParameterizedTest
    @CsvSource({
        "408,",
        "408, 0",
        "503, 0",
        "503, 00",
        "503, 1",
        "503,",
        "503, 99999999999",
        "429, 99999999999",
        "429, 0",
        "421,",
        "401,",
        "302, 0"
    })
    void oneFetchIsOneRequest(int status, @Nullable String retryAfter) {
        Response answer = Response.status(status);
        site.answer("/", retryAfter == null ? answer : answer.with("Retry-After", retryAfter));

        Fetch fetch = fetch("/");

        assertThat(site.count("/")).isEqualTo(1);
        if (status != 302) {
            assertThat(fetch).isInstanceOfSatisfying(Fetch.HttpError.class, error -> assertThat(error.status())
                    .isEqualTo(status));
        }
        if (String.valueOf(retryAfter).startsWith("9")) {
            assertThat(fetch).isEqualTo(new Fetch.HttpError(status, Duration.ofSeconds(999_999_999)));
        }
    }

    @Test
    void requestsToAHostShareAConnection() throws IOException {
        try (TcpServer server = TcpServer.start((in, out) -> {
            while (TcpServer.path(in) != null) {
                TcpServer.say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok");
            }
        })) {
            for (int i = 0; i < 20; i++) {
                assertThat(fetcher.fetch(server.url("/"), PAGE)).isInstanceOf(Fetch.Fetched.class);
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void garbageIsAFailureThatMayPass() throws IOException {
        try (TcpServer server = TcpServer.start((_, out) -> TcpServer.say(out, "this is no HTTP\r\n\r\n"))) {
            assertThat(fetcher.fetch(server.url("/"), PAGE))
                    .isInstanceOfSatisfying(Fetch.Failed.class, failed -> assertThat(failed.mayPass())
                            .isTrue());
        }
    }

    @Test
    void whatIsNoTextIsNotRead() {
        site.answer("/image", Response.text("image/png", "x"));

        assertThat(fetch("/image")).isEqualTo(new Fetch.Failed("content type image/png is no text", false));
    }

    @Test
    void redirectsAreToldNotFollowed() {
        site.answer("/moved", Response.redirect("../here?x#y"));
        site.answer("/lost", Response.status(302));
        site.answer("/odd", Response.redirect("javascript:alert(1)"));

        assertThat(fetch("/moved")).isEqualTo(new Fetch.Redirected(301, url("/here?x")));
        assertThat(fetch("/lost")).isInstanceOf(Fetch.Failed.class);
        assertThat(fetch("/odd")).isInstanceOf(Fetch.Failed.class);
        assertThat(site.requests()).hasSize(3);
    }

    @Test
    void whatIsKnownIsNotSentAgain() {
        site.answer(
                "/",
                request -> "\"7\"".equals(request.header("if-none-match"))
                                && "yesterday".equals(request.header("if-modified-since"))
                        ? Response.status(304).with("ETag", "\"7\"")
                        : Response.html("hello"));
        site.answer("/odd", Response.status(304));

        assertThat(fetcher.fetch(url("/"), PAGE.unless(new Version("\"7\"", "yesterday"))))
                .isInstanceOfSatisfying(
                        Fetch.Unchanged.class,
                        same -> assertThat(same.headers().version()).isEqualTo(new Version("\"7\"", "")));
        assertThat(fetcher.fetch(url("/"), PAGE.unless(new Version("\"6\"", ""))))
                .isInstanceOf(Fetch.Fetched.class);
        assertThat(fetch("/")).isInstanceOf(Fetch.Fetched.class);
        assertThat(fetch("/odd")).isEqualTo(new Fetch.HttpError(304, null));
    }

    @Test
    void nothingReachesAPrivateServerByDefault() {
        assertThat(fetcher(false).fetch(url("/"), PAGE))
                .isEqualTo(
                        new Fetch.Failed("port %d: refused, expected one of [80, 443]".formatted(site.port()), false));
        assertThat(site.requests()).isEmpty();
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        String inAMinute = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60));

        assertThat(RetryAfter.read("120")).isEqualTo(Duration.ofMinutes(2));
        assertThat(RetryAfter.read(inAMinute)).isBetween(Duration.ofSeconds(55), Duration.ofSeconds(60));
        assertThat(RetryAfter.read("Fri, 31 Dec 1999 23:59:59 GMT")).isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.read("soon")).isNull();
        assertThat(RetryAfter.read("")).isNull();
    }

    private Fetch fetch(String path) {
        return fetcher.fetch(url(path), PAGE);
    }

    private NormalUrl url(String path) {
        return NormalUrl.of(site.url(path)).orElseThrow();
    }

    private static OkFetcher fetcher(boolean allowPrivate) {
        return new OkFetcher(
                "millrace/test",
                allowPrivate,
                new OkFetcher.TimeLimits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(1500)),
                took -> {});
    }
}
