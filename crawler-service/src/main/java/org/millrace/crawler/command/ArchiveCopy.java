package org.millrace.crawler.command;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.archives.Tally;
import org.millrace.crawler.Reading;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.warc.CaptureRecords;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;

/// Copies the pages of archives into the files of a crawl, in their order. The position tells how many
/// records of which archive are done, so a killed copy goes on where the files end.
final class ArchiveCopy {

    private final CrawlFolder folder;
    private final WarcFiles files;
    private final Opener opener;
    private final Manners manners;
    private final Room room;
    private final InstantSource clock;
    private Tally closed = Tally.NONE;
    private volatile Tally tally = Tally.NONE;
    private volatile long bytes;
    private volatile long leftOut;
    private volatile long tooLarge;

    /// Opens an archive by its name.
    interface Opener {
        Captures open(String name) throws IOException;
    }

    /// @param manners what pages ask of robots is heeded as if they came from their sites
    /// @param room heap that pages are read in
    /// @param clock tells whether a page's `unavailable_after` has passed by now
    ArchiveCopy(CrawlFolder folder, WarcFiles files, Opener opener, Manners manners, Room room, InstantSource clock) {
        this.manners = manners;
        this.room = room;
        this.clock = clock;
        this.folder = folder;
        this.files = files;
        this.opener = opener;
    }

    /// @return false if it was stopped
    boolean run(List<String> archives, Stop stop, Runnable tick) throws IOException, InterruptedException {
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

    /// Of this run. A page whose markup takes too much memory is too long.
    Tally tally() {
        return tally.plus(new Tally(0, -tooLarge, 0, 0, tooLarge, 0));
    }

    /// Of all bodies of this run.
    long bytes() {
        return bytes;
    }

    /// Pages of this run that ask not to be kept.
    long leftOut() {
        return leftOut;
    }

    private boolean copy(String name, int number, long done, Stop stop, Runnable tick)
            throws IOException, InterruptedException {
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

    private void write(Capture capture) throws IOException, InterruptedException {
        Fetch.Fetched page = new Fetch.Fetched(200, capture.body(), headers(capture));
        Optional<NormalUrl> url = NormalUrl.of(capture.url());
        if (url.isPresent() && !manners.scope().allows(url.get())) {
            leftOut++;
            return;
        }
        switch (Reading.kept(page, clock.instant(), manners, room)) {
            case Fetch.Fetched _ -> {
                files.append(record(capture, url, page));
                bytes += capture.body().length;
            }
            case Fetch.Failed _ -> tooLarge++;
            case Fetch.Disallowed _, Fetch.Redirected _, Fetch.Unchanged _, Fetch.HttpError _ -> leftOut++;
        }
    }

    private static byte[] record(Capture capture, Optional<NormalUrl> url, Fetch.Fetched page) {
        if (url.isPresent() && !capture.fields().fields().isEmpty()) {
            return CaptureRecords.response(url.get(), page, capture.at());
        }
        if (!capture.language().isEmpty()) {
            return CaptureRecords.conversion(capture.url(), capture.language(), capture.body(), capture.at());
        }
        return CaptureRecords.resource(capture.url(), capture.contentType(), capture.body(), capture.at());
    }

    private static Headers headers(Capture capture) {
        return capture.fields().fields().isEmpty()
                ? Headers.of("Content-Type", capture.contentType())
                : new Headers(capture.fields().fields().stream()
                        .map(field -> new Headers.Field(field.name(), field.value()))
                        .toList());
    }
}
