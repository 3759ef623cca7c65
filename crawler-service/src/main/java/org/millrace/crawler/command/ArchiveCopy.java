package org.millrace.crawler.command;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.archives.Fields;
import org.millrace.archives.Tally;
import org.millrace.crawler.warc.CaptureRecords;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

/// Copies the pages of archives into the files of a crawl, in their order. The position tells how many
/// records of which archive are done, so a killed copy goes on where the files end.
final class ArchiveCopy {

    private final CrawlFolder folder;
    private final WarcFiles files;
    private final Opener opener;
    private Tally closed = Tally.NONE;
    private volatile Tally tally = Tally.NONE;
    private volatile long bytes;

    /// Opens an archive by its name.
    interface Opener {
        Captures open(String name) throws IOException;
    }

    ArchiveCopy(CrawlFolder folder, WarcFiles files, Opener opener) {
        this.folder = folder;
        this.files = files;
        this.opener = opener;
    }

    /// @return false if it was stopped
    boolean run(List<String> archives, Stop stop, Runnable tick) throws IOException {
        CrawlFolder.Position position = folder.position();
        if (position.archive() < archives.size()) {
            files.cut(position.written());
        }
        for (int i = position.archive(); i < archives.size(); i++) {
            if (!copy(archives.get(i), i, i == position.archive() ? position.records() : 0, stop, tick)) {
                return false;
            }
        }
        return true;
    }

    /// Of this run.
    Tally tally() {
        return tally;
    }

    /// Of all bodies of this run.
    long bytes() {
        return bytes;
    }

    private boolean copy(String name, int number, long done, Stop stop, Runnable tick) throws IOException {
        try (Captures captures = opener.open(name)) {
            captures.skip(done);
            Optional<Capture> next;
            do {
                next = captures.next();
                if (next.isPresent()) {
                    write(next.get());
                    folder.position(new CrawlFolder.Position(
                            files.end(), number, captures.tally().records()));
                }
                tally = closed.plus(captures.tally());
                tick.run();
            } while (next.isPresent() && !stop.isWanted());
            closed = tally;
            if (next.isPresent()) {
                return false;
            }
        }
        folder.position(new CrawlFolder.Position(files.end(), number + 1, 0));
        return true;
    }

    private void write(Capture capture) throws IOException {
        files.append(record(capture));
        bytes += capture.body().length;
    }

    private static byte[] record(Capture capture) {
        Optional<NormalUrl> url = NormalUrl.of(capture.url());
        if (url.isPresent() && !capture.fields().fields().isEmpty()) {
            return CaptureRecords.response(
                    url.get(), new Fetch.Fetched(200, capture.body(), headers(capture.fields())), capture.at());
        }
        if (!capture.language().isEmpty()) {
            return CaptureRecords.conversion(capture.url(), capture.language(), capture.body(), capture.at());
        }
        return CaptureRecords.resource(capture.url(), capture.contentType(), capture.body(), capture.at());
    }

    private static Headers headers(Fields fields) {
        return new Headers(fields.fields().stream()
                .map(field -> new Headers.Field(field.name(), field.value()))
                .toList());
    }
}
