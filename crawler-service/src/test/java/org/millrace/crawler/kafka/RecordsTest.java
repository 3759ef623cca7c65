package org.millrace.crawler.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Limits;
import org.millrace.crawler.News;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.Target;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.SiteList;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.CrawlLimits;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.UrlDiscovered;

class RecordsTest {

    private static final NormalUrl PAGE = NormalUrl.of("https://example.org/a").orElseThrow();

    @TempDir
    Path folder;

    private Records records;

    @BeforeEach
    void open() throws IOException {
        records = new Records(ArtifactStore.open(folder.toUri(), folder.resolve("cache")), 16, 1_000);
    }

    @Test
    void theListsOfACrawlGoWithEachOfItsLinks() throws BadRecord {
        Scope scope = new Scope(
                SiteList.of("limits.allow", List.of("example.org", "https://example.net/a/")),
                SiteList.of("limits.block", List.of("private.example.org")));
        Limits limits = new Limits(3, 50, Set.of("example.org"), new Revisits(Duration.ofHours(1), true), scope);

        Target link = records.target(read(records.discovered(new Target("one", PAGE, "", 0, 0, limits))));
        Target seed = records.seed(read(records.seeded("one", PAGE, limits)));

        assertThat(link.limits()).isEqualTo(limits);
        assertThat(seed.limits()).isEqualTo(limits);
    }

    @Test
    void aTimeBeyondTheCalendarIsABadRecord() {
        UrlDiscovered discovered = UrlDiscovered.newBuilder()
                .setCrawlId("one")
                .setUrl(PAGE.toString())
                .setDueAtMs(Long.MAX_VALUE)
                .build();

        assertThatThrownBy(() -> records.target(read(new Events("test").record("example.org:443", discovered))))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("due_at_ms: expected 0 to ");
    }

    @Test
    void aListThatNobodyCanReadIsABadRecord() {
        CrawlSeeded seeded = CrawlSeeded.newBuilder()
                .setCrawlId("one")
                .setUrl(PAGE.toString())
                .setLimits(CrawlLimits.newBuilder().addBlock("no domain"))
                .build();

        assertThatThrownBy(() -> records.seed(read(new Events("test").record("example.org:443", seeded))))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("limits.block[0]: expected a domain");
    }

    @Test
    void theLicenceOfTheHeaderGoesWithThePage() throws Exception {
        Headers headers = Headers.of("Content-Type", "text/html", "Link", "</terms>; rel=\"license\"", "ETag", "\"7\"");

        PageFetched page = page(new Fetch.Fetched(200, "hello".getBytes(UTF_8), headers));

        assertThat(page.getLicence()).isEqualTo("https://example.org/terms");
        assertThat(page.getEtag()).isEqualTo("\"7\"");
    }

    @Test
    void whatMayNotBeKeptHasItsReasonAndNoBody() throws Exception {
        PageFetched page = page(new Fetch.Disallowed("the page asks not to be kept: noai"));

        assertThat(page.getOutcome()).isEqualTo(PageFetched.Outcome.OUTCOME_DISALLOWED);
        assertThat(page.getDetail()).isEqualTo("the page asks not to be kept: noai");
        assertThat(page.hasInline() || page.hasClaim()).isFalse();
    }

    private PageFetched page(Fetch fetch) throws Exception {
        Target target = new Target("one", PAGE, "", 0, 0, new Limits(3, 50, Set.of("example.org")));
        LastVisit visit = new LastVisit(Instant.ofEpochMilli(1), Duration.ZERO, "", LastVisit.NONE.version());
        return PageFetched.parseFrom(records.page(new News.Visited(target, fetch, true, visit, List.of()))
                .value());
    }

    private static ConsumerRecord<String, byte[]> read(ProducerRecord<String, byte[]> written) {
        ConsumerRecord<String, byte[]> read =
                new ConsumerRecord<>(written.topic(), 0, 0, written.key(), written.value());
        written.headers().forEach(read.headers()::add);
        return read;
    }
}
