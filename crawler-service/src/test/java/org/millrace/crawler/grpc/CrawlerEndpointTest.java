package org.millrace.crawler.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.crawler.kafka.PublishedLog;
import org.millrace.proto.crawler.v1.Archive;
import org.millrace.proto.crawler.v1.CrawlerServiceGrpc;
import org.millrace.proto.crawler.v1.CrawlerServiceGrpc.CrawlerServiceBlockingStub;
import org.millrace.proto.crawler.v1.GetStatusRequest;
import org.millrace.proto.crawler.v1.GetStatusResponse;
import org.millrace.proto.crawler.v1.SubmitRequest;
import org.millrace.proto.events.v1.CrawlLimits;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.testkit.QuarkusBroker;

@QuarkusTest
@QuarkusTestResource(QuarkusBroker.class)
class CrawlerEndpointTest {

    @TestHTTPResource
    URI address = URI.create("http://set.by.quarkus");

    private @Nullable ManagedChannel channel;

    @AfterEach
    void close() {
        if (channel != null) {
            channel.shutdownNow();
        }
    }

    @Test
    void aSeedThatIsRefusedIsAFailureAndTheCrawlEnds() {
        SubmitRequest request = SubmitRequest.newBuilder()
                .setCrawlId("refused")
                .addSeeds("http://127.0.0.1:1/")
                .addSeeds("HTTP://127.0.0.1:1/#again")
                .build();

        assertThat(crawler().submit(request).getAccepted()).isEqualTo(1);
        await().atMost(Duration.ofSeconds(30)).until(() -> status("refused").getIdle());

        GetStatusResponse end = status("refused");
        assertThat(end.getDisallowed()).as("its robots.txt could not be read").isEqualTo(1);
        assertThat(end.getQueued()).isZero();
    }

    @Test
    void archivesAreOnTheLogAsItsReadersExpectThem() {
        SubmitRequest request = SubmitRequest.newBuilder()
                .setCrawlId("archived")
                .addArchives(archive("https://127.0.0.1/a.warc.gz", ""))
                .addArchives(archive("file:///no-folder-of-archives/", "HTTPS://Example.org:443/docs/"))
                .addArchives(archive("https://127.0.0.1/a.warc.gz", ""))
                .build();

        assertThat(crawler().submit(request).getAccepted())
                .as("each archive once")
                .isEqualTo(2);

        String broker = ConfigProvider.getConfig().getValue("kafka.bootstrap.servers", String.class);
        assertThat(new PublishedLog(broker).events(CrawlSeeded.class))
                .filteredOn(seed -> seed.getCrawlId().equals("archived"))
                .extracting(CrawlSeeded::getArchive, CrawlSeeded::getUrl)
                .containsExactlyInAnyOrder(
                        tuple("https://127.0.0.1/a.warc.gz", "https://127.0.0.1/a.warc.gz"),
                        tuple("file:///no-folder-of-archives/", "https://example.org/docs/"));
    }

    @ParameterizedTest
    @MethodSource("badRequests")
    void badRequestsNameTheField(SubmitRequest request, String message) {
        assertThatThrownBy(() -> crawler().submit(request)).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(e.getStatus().getDescription()).isEqualTo(message);
        });
    }

    static Stream<Arguments> badRequests() {
        return Stream.of(
                Arguments.of(
                        archives(archive("https://example.org/a.warc", ""), archive("a.warc", "https://example.org/")),
                        "archives[1].uri: expected an absolute http, https or file URI, got 'a.warc'"),
                Arguments.of(
                        archives(archive("file:a.warc", "https://example.org/")),
                        "archives[0].uri: expected an absolute http, https or file URI, got 'file:a.warc'"),
                Arguments.of(
                        archives(archive("file:///a.warc", "")),
                        "archives[0].url: expected an absolute http or https URL, got ''"),
                Arguments.of(
                        archives(Collections.nCopies(1_001, archive("https://example.org/a.warc", ""))
                                .toArray(Archive[]::new)),
                        "archives: expected at most 1000, got 1001"),
                Arguments.of(
                        request("Not an id", List.of("http://a/"), CrawlLimits.getDefaultInstance()),
                        "crawl_id: expected [a-z0-9-]{1,64}, got 'Not an id'"),
                Arguments.of(
                        request("a", List.of(), CrawlLimits.getDefaultInstance()), "seeds: expected 1 to 10000, got 0"),
                Arguments.of(
                        request("a", List.of("http://a/", "ftp://a/"), CrawlLimits.getDefaultInstance()),
                        "seeds[1]: expected an absolute http or https URL, got 'ftp://a/'"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://a/"),
                                CrawlLimits.newBuilder().setMaxDepth(-1).build()),
                        "limits.max_depth: expected 1 to 1000, got -1"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://a/"),
                                CrawlLimits.newBuilder()
                                        .setMaxPagesPerHost(10_000_001)
                                        .build()),
                        "limits.max_pages_per_host: expected 1 to 10000000, got 10000001"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://a/"),
                                CrawlLimits.newBuilder().addStayOn("a/b").build()),
                        "limits.stay_on: expected a host, with its port if not the default, got 'a/b'"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://a/"),
                                CrawlLimits.newBuilder()
                                        .addAllow("example.org")
                                        .addAllow("*.example.org")
                                        .build()),
                        "limits.allow[1]: expected a domain (example.org) or a URL prefix (https://example.org/a/), "
                                + "got '*.example.org'"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://a/"),
                                CrawlLimits.newBuilder().addBlock("two words").build()),
                        "limits.block[0]: expected a domain (example.org) or a URL prefix (https://example.org/a/), "
                                + "got 'two words'"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://a/"),
                                CrawlLimits.newBuilder()
                                        .addAllAllow(Collections.nCopies(1_001, "example.org"))
                                        .build()),
                        "limits.allow: expected at most 1000 entries, got 1001"),
                Arguments.of(
                        request(
                                "a",
                                List.of("http://example.org/", "http://private.example.org/x"),
                                CrawlLimits.newBuilder()
                                        .addAllow("example.org")
                                        .addBlock("private.example.org")
                                        .build()),
                        "seeds[1]: expected a URL that limits.allow and limits.block let through, "
                                + "got 'http://private.example.org/x'"));
    }

    @Test
    void anUnknownCrawlIsEmptyAndABadIdIsRefused() {
        assertThat(status("never-heard-of").getFetched()).isZero();
        assertThatThrownBy(() -> status("UPPER")).hasMessageContaining("INVALID_ARGUMENT: crawl_id: expected");
    }

    private GetStatusResponse status(String crawl) {
        return crawler()
                .getStatus(GetStatusRequest.newBuilder().setCrawlId(crawl).build());
    }

    private CrawlerServiceBlockingStub crawler() {
        ManagedChannel open = channel;
        if (open == null) {
            open = ManagedChannelBuilder.forAddress(address.getHost(), address.getPort())
                    .usePlaintext()
                    .build();
            channel = open;
        }
        return CrawlerServiceGrpc.newBlockingStub(open).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static Archive archive(String uri, String url) {
        return Archive.newBuilder().setUri(uri).setUrl(url).build();
    }

    private static SubmitRequest archives(Archive... archives) {
        return SubmitRequest.newBuilder()
                .setCrawlId("a")
                .addAllArchives(List.of(archives))
                .build();
    }

    private static SubmitRequest request(String crawl, List<String> seeds, CrawlLimits limits) {
        return SubmitRequest.newBuilder()
                .setCrawlId(crawl)
                .addAllSeeds(seeds)
                .setLimits(limits)
                .build();
    }
}
