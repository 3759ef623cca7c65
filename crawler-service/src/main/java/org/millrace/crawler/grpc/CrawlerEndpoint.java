package org.millrace.crawler.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.millrace.crawler.Counts;
import org.millrace.crawler.CrawlerConfig;
import org.millrace.crawler.Crawls;
import org.millrace.crawler.Limits;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.SiteList;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.proto.crawler.v1.Archive;
import org.millrace.proto.crawler.v1.CrawlerService;
import org.millrace.proto.crawler.v1.GetStatusRequest;
import org.millrace.proto.crawler.v1.GetStatusResponse;
import org.millrace.proto.crawler.v1.SubmitRequest;
import org.millrace.proto.crawler.v1.SubmitResponse;
import org.millrace.proto.events.v1.CrawlLimits;

/// The wire face of [Crawls]: checks requests, maps failures to gRPC status.
@GrpcService
class CrawlerEndpoint implements CrawlerService {

    private static final int MAX_SEEDS = 10_000;
    private static final int MAX_ARCHIVES = 1_000;
    private static final int MAX_HOSTS = 1_000;

    /// Each link that is found carries the lists along. Longer ones belong to the service's own files.
    private static final int MAX_LISTED = 1_000;

    private static final int MAX_QUOTED = 200;
    private static final Pattern CRAWL = Pattern.compile("[a-z0-9-]{1,64}");

    private final Crawls crawls;
    private final CrawlerConfig config;

    CrawlerEndpoint(Crawls crawls, CrawlerConfig config) {
        this.crawls = crawls;
        this.config = config;
    }

    @Override
    public Uni<SubmitResponse> submit(SubmitRequest request) {
        return onVirtualThread(() -> submitted(request));
    }

    private Uni<SubmitResponse> submitted(SubmitRequest request) {
        String crawl = crawl(request.getCrawlId());
        List<Crawls.Archive> archives = archives(request.getArchivesList());
        List<NormalUrl> seeds = seeds(request.getSeedsList(), archives.isEmpty() ? 1 : 0);
        Limits limits = limits(request.getLimits());
        within(limits.scope(), seeds);
        try {
            int accepted = crawls.submit(crawl, seeds, archives, limits);
            return Uni.createFrom()
                    .item(SubmitResponse.newBuilder().setAccepted(accepted).build());
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Uni<GetStatusResponse> getStatus(GetStatusRequest request) {
        return onVirtualThread(() -> status(request));
    }

    private Uni<GetStatusResponse> status(GetStatusRequest request) {
        try {
            Crawls.Progress progress = crawls.progress(crawl(request.getCrawlId()));
            Counts counts = progress.counts();
            return Uni.createFrom()
                    .item(GetStatusResponse.newBuilder()
                            .setQueued(counts.queued())
                            .setFetched(counts.of(Outcome.FETCHED))
                            .setRedirected(counts.of(Outcome.REDIRECTED))
                            .setDisallowed(counts.of(Outcome.DISALLOWED))
                            .setHttpErrors(counts.of(Outcome.HTTP_ERROR))
                            .setFailed(counts.of(Outcome.FAILED))
                            .setBytes(counts.bytes())
                            .setUnchanged(counts.of(Outcome.UNCHANGED))
                            .setIdle(progress.idle())
                            .build());
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static String crawl(String id) {
        if (!CRAWL.matcher(id).matches()) {
            throw invalid("crawl_id: expected %s, got %s".formatted(CRAWL, quoted(id)));
        }
        return id;
    }

    private static List<Crawls.Archive> archives(List<Archive> named) {
        if (named.size() > MAX_ARCHIVES) {
            throw invalid("archives: expected at most %d, got %d".formatted(MAX_ARCHIVES, named.size()));
        }
        List<Crawls.Archive> archives = new ArrayList<>();
        for (int i = 0; i < named.size(); i++) {
            String uri = named.get(i).getUri();
            String url = named.get(i).getUrl();
            if (!isArchive(uri)) {
                throw invalid("archives[%d].uri: expected an absolute http, https or file URI, got %s"
                        .formatted(i, quoted(uri)));
            }
            Optional<NormalUrl> base = NormalUrl.of(url.isEmpty() ? uri : url);
            if (base.isEmpty()) {
                throw invalid(
                        "archives[%d].url: expected an absolute http or https URL, got %s".formatted(i, quoted(url)));
            }
            archives.add(new Crawls.Archive(uri, base.get()));
        }
        return archives;
    }

    private static boolean isArchive(String uri) {
        if (NormalUrl.of(uri).isPresent()) {
            return true;
        }
        try {
            URI parsed = URI.create(uri);
            return "file".equals(parsed.getScheme()) && Path.of(parsed).isAbsolute();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<NormalUrl> seeds(List<String> texts, int least) {
        if (texts.size() < least || texts.size() > MAX_SEEDS) {
            throw invalid("seeds: expected %d to %d, got %d".formatted(least, MAX_SEEDS, texts.size()));
        }
        List<NormalUrl> seeds = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Optional<NormalUrl> seed = NormalUrl.of(texts.get(i));
            if (seed.isEmpty()) {
                throw invalid(
                        "seeds[%d]: expected an absolute http or https URL, got %s".formatted(i, quoted(texts.get(i))));
            }
            seeds.add(seed.get());
        }
        return seeds;
    }

    private Limits limits(CrawlLimits limits) {
        if (limits.getStayOnCount() > MAX_HOSTS) {
            throw invalid(
                    "limits.stay_on: expected at most %d hosts, got %d".formatted(MAX_HOSTS, limits.getStayOnCount()));
        }
        Set<String> stayOn = new HashSet<>();
        for (String host : limits.getStayOnList()) {
            Optional<NormalUrl> url = NormalUrl.of("http://" + host);
            if (url.isEmpty() || !url.get().path().equals("/")) {
                throw invalid("limits.stay_on: expected a host, with its port if not the default, got " + quoted(host));
            }
            stayOn.add(url.get().authority());
        }
        try {
            return new Limits(
                    limits.getMaxDepth() == 0 ? config.maxDepth() : limits.getMaxDepth(),
                    limits.getMaxPagesPerHost() == 0 ? config.maxPagesPerHost() : limits.getMaxPagesPerHost(),
                    stayOn,
                    new Revisits(Duration.ofMillis(limits.getRevisitAfterMs()), limits.getAdaptiveRevisit()),
                    new Scope(
                            SiteList.of("limits.allow", list("limits.allow", limits.getAllowList())),
                            SiteList.of("limits.block", list("limits.block", limits.getBlockList()))));
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> list(String name, List<String> entries) {
        if (entries.size() > MAX_LISTED) {
            throw invalid("%s: expected at most %d entries, got %d".formatted(name, MAX_LISTED, entries.size()));
        }
        return entries;
    }

    private static void within(Scope scope, List<NormalUrl> seeds) {
        for (int i = 0; i < seeds.size(); i++) {
            if (!scope.allows(seeds.get(i))) {
                throw invalid("seeds[%d]: expected a URL that limits.allow and limits.block let through, got %s"
                        .formatted(i, quoted(seeds.get(i).toString())));
            }
        }
    }

    private static String quoted(String foreign) {
        return foreign.length() <= MAX_QUOTED
                ? "'" + foreign + "'"
                : "'" + foreign.substring(0, MAX_QUOTED) + "…' (%d characters)".formatted(foreign.length());
    }

    private static StatusRuntimeException invalid(String description) {
        return Status.INVALID_ARGUMENT.withDescription(description).asRuntimeException();
    }

    private static StatusRuntimeException unavailable(IOException e) {
        return Status.UNAVAILABLE
                .withDescription("the log cannot be reached: " + e.getMessage())
                .withCause(e)
                .asRuntimeException();
    }

    /// Runs a call on a virtual thread of its own, where it may wait. Not by `@RunOnVirtualThread`: with
    /// one port for gRPC and HTTP that annotation can deliver the end of a request before the request
    /// (Quarkus issue 48940), and the caller then sees INTERNAL.
    private static <T> Uni<T> onVirtualThread(Supplier<Uni<? extends T>> call) {
        return Uni.createFrom().<T>deferred(call).runSubscriptionOn(Thread::startVirtualThread);
    }
}
