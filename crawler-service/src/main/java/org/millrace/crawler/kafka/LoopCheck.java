package org.millrace.crawler.kafka;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Ready while the loop runs.
@Readiness
class LoopCheck implements HealthCheck {

    private final CrawlerRunner runner;

    LoopCheck(CrawlerRunner runner) {
        this.runner = runner;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("crawl-loop")
                .status(runner.isWorking())
                .withData("queued_urls", runner.queued())
                .build();
    }
}
