package org.millrace.crawler.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.crawler.Crawls;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Limits;
import org.millrace.crawler.News;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.Target;
import org.millrace.crawler.frontier.Done;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.SiteList;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Version;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.CrawlLimits;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.UrlDiscovered;
import org.millrace.proto.events.v1.UrlVisited;

/// The crawler's words as records of the log, and back.
final class Records {

    /// The contract of `PageFetched.inline`.
    static final int MAX_INLINE_BYTES = 256 * 1024;

    /// End of the year 9999. Later ones cannot be added to.
    private static final long LAST_TIME = 253_402_300_799_999L;

    private static final int MAX_DETAIL = 500;
    private static final Pattern CRAWL = Pattern.compile("[A-Za-z0-9-]{1,64}");

    private final Events events = new Events("crawler");
    private final ArtifactStore artifacts;
    private final int maxDepth;
    private final int maxPagesPerHost;

    /// @param maxDepth where a seed sets no limit
    /// @param maxPagesPerHost where a seed sets no limit
    Records(ArtifactStore artifacts, int maxDepth, int maxPagesPerHost) {
        this.artifacts = artifacts;
        this.maxDepth = maxDepth;
        this.maxPagesPerHost = maxPagesPerHost;
    }

    // ---- from the log

    Target seed(ConsumerRecord<String, byte[]> record) throws BadRecord {
        CrawlSeeded event = Events.read(record, CrawlSeeded.class);
        NormalUrl url = url(event.getUrl());
        Set<String> stayOn = new HashSet<>(event.getLimits().getStayOnList());
        stayOn.add(url.authority());
        return new Target(crawl(event.getCrawlId()), url, "", 0, 0, limits(event.getLimits(), stayOn));
    }

    Target target(ConsumerRecord<String, byte[]> record) throws BadRecord {
        UrlDiscovered event = Events.read(record, UrlDiscovered.class);
        if (event.getDepth() < 0 || event.getRedirects() < 0) {
            throw new BadRecord("depth, redirects: expected at least 0, got %d, %d"
                    .formatted(event.getDepth(), event.getRedirects()));
        }
        Target target = new Target(
                crawl(event.getCrawlId()),
                url(event.getUrl()),
                event.getFoundOn(),
                event.getDepth(),
                event.getRedirects(),
                limits(event.getLimits(), Set.copyOf(event.getLimits().getStayOnList())));
        return target.with(
                event.getPriority() > 0 ? Math.min(event.getPriority(), 1) : target.priority(),
                time("due_at_ms", event.getDueAtMs()));
    }

    static Frontier.Visit visited(ConsumerRecord<String, byte[]> record) throws BadRecord {
        UrlVisited event = Events.read(record, UrlVisited.class);
        Instant visited = time("visited_at_ms", event.getVisitedAtMs());
        Instant due = time("next_due_ms", event.getNextDueMs());
        long interval = event.getNextDueMs() == 0
                ? 0
                : Math.max(0, Duration.between(visited, due).toMillis());
        LastVisit visit = new LastVisit(
                Instant.ofEpochMilli(Math.max(1, visited.toEpochMilli())), // 0: of before times were written
                Duration.ofMillis(interval),
                event.getContentSha256(),
                new Version(event.getEtag(), event.getLastModified()));
        return new Frontier.Visit(
                event.getCrawlId(),
                url(event.getUrl()),
                outcome(event.getOutcome()),
                event.getBytes(),
                event.getRequested(),
                visit);
    }

    private static Instant time(String field, long epochMillis) throws BadRecord {
        if (epochMillis < 0 || epochMillis > LAST_TIME) {
            throw new BadRecord("%s: expected 0 to %d, milliseconds, got %d".formatted(field, LAST_TIME, epochMillis));
        }
        return Instant.ofEpochMilli(epochMillis);
    }

    private static Outcome outcome(PageFetched.Outcome outcome) throws BadRecord {
        return switch (outcome) {
            case OUTCOME_FETCHED -> Outcome.FETCHED;
            case OUTCOME_UNCHANGED -> Outcome.UNCHANGED;
            case OUTCOME_REDIRECTED -> Outcome.REDIRECTED;
            case OUTCOME_DISALLOWED -> Outcome.DISALLOWED;
            case OUTCOME_HTTP_ERROR -> Outcome.HTTP_ERROR;
            case OUTCOME_FAILED -> Outcome.FAILED;
            case OUTCOME_UNSPECIFIED, UNRECOGNIZED -> throw new BadRecord("outcome: expected a known one, got none");
        };
    }

    static NormalUrl url(String url) throws BadRecord {
        return NormalUrl.of(url)
                .orElseThrow(() -> new BadRecord("url: expected an absolute http or https URL, got " + url));
    }

    static String crawl(String id) throws BadRecord {
        if (!CRAWL.matcher(id).matches()) {
            throw new BadRecord("crawl_id: expected 1 to 64 letters, digits, '-', got " + id);
        }
        return id;
    }

    private Limits limits(CrawlLimits limits, Set<String> stayOn) throws BadRecord {
        try {
            return new Limits(
                    limits.getMaxDepth() == 0 ? maxDepth : limits.getMaxDepth(),
                    limits.getMaxPagesPerHost() == 0 ? maxPagesPerHost : limits.getMaxPagesPerHost(),
                    stayOn,
                    new Revisits(Duration.ofMillis(limits.getRevisitAfterMs()), limits.getAdaptiveRevisit()),
                    new Scope(
                            SiteList.of("limits.allow", limits.getAllowList()),
                            SiteList.of("limits.block", limits.getBlockList())));
        } catch (IllegalArgumentException e) {
            throw new BadRecord(String.valueOf(e.getMessage()), e);
        }
    }

    // ---- to the log

    ProducerRecord<String, byte[]> seeded(String crawl, NormalUrl url, Limits limits) {
        return events.record(
                url.authority(),
                CrawlSeeded.newBuilder()
                        .setCrawlId(crawl)
                        .setUrl(url.toString())
                        .setLimits(wire(limits))
                        .build());
    }

    ProducerRecord<String, byte[]> archived(String crawl, Crawls.Archive archive) {
        return events.record(
                archive.url().authority(),
                CrawlSeeded.newBuilder()
                        .setCrawlId(crawl)
                        .setUrl(archive.url().toString())
                        .setArchive(archive.uri())
                        .build());
    }

    ProducerRecord<String, byte[]> discovered(Target target) {
        return events.record(
                target.url().authority(),
                UrlDiscovered.newBuilder()
                        .setCrawlId(target.crawl())
                        .setUrl(target.url().toString())
                        .setFoundOn(target.foundOn())
                        .setDepth(target.depth())
                        .setRedirects(target.redirects())
                        .setDiscoveredAtMs(System.currentTimeMillis())
                        .setPriority(target.priority())
                        .setDueAtMs(target.due().toEpochMilli())
                        .setLimits(wire(target.limits()))
                        .build());
    }

    /// To the partition that the target came from: whoever takes that over must find it there.
    ProducerRecord<String, byte[]> visited(Done done, int partition) {
        Target target = done.lease().target();
        LastVisit visit = done.visit();
        ProducerRecord<String, byte[]> record = events.record(
                target.url().authority(),
                UrlVisited.newBuilder()
                        .setCrawlId(target.crawl())
                        .setUrl(target.url().toString())
                        .setOutcome(wire(done.outcome()))
                        .setBytes(done.bytes())
                        .setRequested(done.requested())
                        .setVisitedAtMs(visit.at().toEpochMilli())
                        .setNextDueMs(visit.returns() ? visit.nextDue().toEpochMilli() : 0)
                        .setIntervalMs(visit.interval().toMillis())
                        .setContentSha256(visit.sha256())
                        .setEtag(visit.version().etag())
                        .setLastModified(visit.version().lastModified())
                        .build());
        return new ProducerRecord<>(record.topic(), partition, record.key(), record.value(), record.headers());
    }

    /// Stores a large body first, so that no record names bytes that are not there.
    ProducerRecord<String, byte[]> page(News.Visited news) throws IOException {
        String url = news.target().url().toString();
        PageFetched.Builder page = PageFetched.newBuilder()
                .setCrawlId(news.target().crawl())
                .setUrl(url)
                .setDepth(news.target().depth())
                .setOutcome(wire(news.fetch().outcome()))
                .setFetchedAtMs(news.visit().at().toEpochMilli());
        switch (news.fetch()) {
            case Fetch.Fetched(int status, byte[] body, Headers headers) -> {
                page.setStatus(status)
                        .setContentType(headers.contentType())
                        .setEtag(headers.version().etag())
                        .setLastModified(headers.version().lastModified())
                        .setLicence(headers.licence(news.target().url())
                                .map(NormalUrl::toString)
                                .orElse(""));
                if (body.length <= MAX_INLINE_BYTES) {
                    page.setInline(ByteString.copyFrom(body));
                } else {
                    page.setClaim(wire(artifacts.put(body)));
                }
            }
            case Fetch.Unchanged(Headers headers) ->
                page.setStatus(304)
                        .setEtag(headers.version().etag())
                        .setLastModified(headers.version().lastModified());
            case Fetch.Redirected(int status, NormalUrl to) ->
                page.setStatus(status).setRedirectTo(to.toString());
            case Fetch.Disallowed(String why) -> page.setDetail(shortened(why));
            case Fetch.HttpError(int status, var _) -> page.setStatus(status).setDetail("status " + status);
            case Fetch.Failed(String why, var _) -> page.setDetail(shortened(why));
        }
        return events.record(sha256(url), page.build());
    }

    private static Artifact wire(Reference reference) {
        return Artifact.newBuilder()
                .setUri(reference.uri())
                .setSha256(reference.sha256())
                .setLength(reference.length())
                .build();
    }

    private static CrawlLimits wire(Limits limits) {
        return CrawlLimits.newBuilder()
                .setMaxDepth(limits.maxDepth())
                .setMaxPagesPerHost(limits.maxPagesPerHost())
                .addAllStayOn(limits.stayOn().stream().sorted().toList())
                .addAllAllow(limits.scope().allow().entries())
                .addAllBlock(limits.scope().block().entries())
                .setRevisitAfterMs(limits.revisits().after().toMillis())
                .setAdaptiveRevisit(limits.revisits().adaptive())
                .build();
    }

    private static PageFetched.Outcome wire(Outcome outcome) {
        return switch (outcome) {
            case FETCHED -> PageFetched.Outcome.OUTCOME_FETCHED;
            case UNCHANGED -> PageFetched.Outcome.OUTCOME_UNCHANGED;
            case REDIRECTED -> PageFetched.Outcome.OUTCOME_REDIRECTED;
            case DISALLOWED -> PageFetched.Outcome.OUTCOME_DISALLOWED;
            case HTTP_ERROR -> PageFetched.Outcome.OUTCOME_HTTP_ERROR;
            case FAILED -> PageFetched.Outcome.OUTCOME_FAILED;
        };
    }

    private static String shortened(String detail) {
        return detail.length() <= MAX_DETAIL ? detail : detail.substring(0, MAX_DETAIL) + "…";
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
