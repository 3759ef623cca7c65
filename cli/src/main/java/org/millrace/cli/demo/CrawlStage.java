package org.millrace.cli.demo;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.Failure;
import org.millrace.cli.train.Bar;
import org.millrace.proto.crawler.v1.GetStatusRequest;
import org.millrace.proto.crawler.v1.GetStatusResponse;
import org.millrace.proto.crawler.v1.SubmitRequest;

/// Seeds the crawler and waits until it has nothing left to fetch.
///
/// @param expectedPages roughly how many pages there are, for the progress; 0 if nobody knows
record CrawlStage(List<URI> seeds, int expectedPages) implements Stage {

    static final String CRAWL = "demo";
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    @Override
    public String title() {
        return "Crawl the site";
    }

    @Override
    public Duration planned() {
        return Duration.ofSeconds(15);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        run.endpoints
                .crawler()
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .submit(SubmitRequest.newBuilder()
                        .setCrawlId(CRAWL)
                        .addAllSeeds(seeds.stream().map(URI::toString).toList())
                        .build());
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        GetStatusResponse now;
        do {
            if (System.nanoTime() > deadline) {
                throw new Failure("The crawl is not done after %d minutes; its log is %s."
                        .formatted(PATIENCE.toMinutes(), run.home.log("crawler")));
            }
            TimeUnit.MILLISECONDS.sleep(300);
            now = run.endpoints
                    .crawler()
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .withWaitForReady()
                    .getStatus(GetStatusRequest.newBuilder().setCrawlId(CRAWL).build());
            bar.say("%d pages, %d queued".formatted(now.getFetched(), now.getQueued()));
            double wanted = expectedPages > 0 ? expectedPages : now.getFetched() + now.getQueued() + 1.0;
            bar.to(now.getFetched() / wanted);
        } while (!now.getIdle());

        run.figures.put("pages_fetched", now.getFetched());
        run.figures.put("mb_fetched", now.getBytes() / 1e6);
        Findings section = run.section();
        section.row("pages fetched", "0", Long.toString(now.getFetched()));
        section.row("redirects followed", "0", Long.toString(now.getRedirected()));
        section.row("forbidden by robots, not requested", "0", Long.toString(now.getDisallowed()));
        section.row("found as they were before", "0", Long.toString(now.getUnchanged()));
        section.row("answers with an error", "0", Long.toString(now.getHttpErrors()));
        section.row("no answer", "0", Long.toString(now.getFailed()));
        section.row("MB fetched", "0", "%.2f".formatted(now.getBytes() / 1e6));
        if (now.getFetched() == 0) {
            throw new Failure("The crawl fetched no page from %s; the log %s says why."
                    .formatted(seeds, run.home.log("crawler")));
        }
    }
}
