package org.millrace.crawler.warc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;
import org.millrace.crawler.Crawler;
import org.millrace.crawler.News;
import org.millrace.crawler.Publisher;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.NormalUrl;

/// Writes down what was captured before it is published elsewhere. A page that is fetched again because the
/// process died between the two stands there twice.
public final class CapturePublisher implements Publisher {

    private final WarcFiles files;
    private final Publisher next;

    public CapturePublisher(WarcFiles files, Publisher next) {
        this.files = files;
        this.next = next;
    }

    @Override
    public void publish(Crawler origin, Lease lease, News news) throws InterruptedException {
        Optional<byte[]> record = record(lease, news);
        if (record.isPresent()) {
            try {
                files.append(record.get());
            } catch (IOException e) {
                throw new UncheckedIOException("what was fetched cannot be written as WARC", e);
            }
        }
        next.publish(origin, lease, news);
    }

    /// What there is to be written of news; empty where nothing was captured.
    public static Optional<byte[]> record(Lease lease, News news) {
        if (!(news instanceof News.Visited visited)) {
            return Optional.empty();
        }
        NormalUrl url = visited.target().url();
        Instant at = visited.visit().at();
        return switch (visited.fetch()) {
            case Fetch.Fetched page -> Optional.of(CaptureRecords.response(url, page, at));
            case Fetch.Unchanged page ->
                Optional.of(CaptureRecords.revisit(url, page, at, lease.last().at()));
            case Fetch.Redirected _, Fetch.Disallowed _, Fetch.HttpError _, Fetch.Failed _ -> Optional.empty();
        };
    }
}
