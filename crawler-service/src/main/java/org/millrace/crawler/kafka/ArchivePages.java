package org.millrace.crawler.kafka;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.archives.Capture;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Limits;
import org.millrace.crawler.News;
import org.millrace.crawler.Reading;
import org.millrace.crawler.Target;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.CrawlSeeded;

/// Seeds that name archives, and the pages of archives as records of the log.
final class ArchivePages {

    /// A page of an archive leads nowhere.
    private static final Limits NO_LINKS = new Limits(1, 1, Set.of());

    private final Records records;
    private final Manners manners;
    private final Room room;
    private final InstantSource clock;

    /// @param room heap that pages are read in, the same as for live ones
    /// @param clock tells whether a page's `unavailable_after` has passed by now, however old its archive is
    ArchivePages(Records records, Manners manners, Room room, InstantSource clock) {
        this.records = records;
        this.manners = manners;
        this.room = room;
        this.clock = clock;
    }

    /// An archive whose pages are to be published.
    ///
    /// @param url that the paths of files in a folder are relative to
    record Seed(String crawl, NormalUrl url, String archive) {}

    static boolean isArchive(ConsumerRecord<String, byte[]> record) throws BadRecord {
        return !Events.read(record, CrawlSeeded.class).getArchive().isEmpty();
    }

    /// Empty where a seed names no archive, or cannot be read: then it is the other loop's.
    Optional<Seed> seed(ConsumerRecord<String, byte[]> record) throws BadRecord {
        CrawlSeeded event;
        try {
            event = Events.read(record, CrawlSeeded.class);
        } catch (BadRecord e) {
            return Optional.empty();
        }
        return event.getArchive().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Seed(Records.crawl(event.getCrawlId()), Records.url(event.getUrl()), event.getArchive()));
    }

    /// A page as if it came from its site: what it asks of robots holds here too. Empty where it has no URL
    /// that a page may have.
    Optional<ProducerRecord<String, byte[]>> page(Seed seed, Capture capture) throws IOException {
        Optional<NormalUrl> url = capture.path().isEmpty()
                ? NormalUrl.of(capture.url())
                : seed.url().resolve(escaped(capture.path()));
        if (url.isEmpty()) {
            return Optional.empty();
        }
        Fetch.Fetched page = new Fetch.Fetched(200, capture.body(), headers(capture));
        return Optional.of(records.page(new News.Visited(
                new Target(seed.crawl(), url.get(), seed.archive(), 0, 0, NO_LINKS),
                kept(url.get(), page),
                false,
                new LastVisit(capture.at(), Duration.ZERO, "", page.headers().version()),
                List.of())));
    }

    private Fetch kept(NormalUrl url, Fetch.Fetched page) throws InterruptedIOException {
        Optional<String> refusal = manners.scope().refusal(url);
        if (refusal.isPresent()) {
            return new Fetch.Disallowed(refusal.get());
        }
        try {
            return Reading.kept(page, clock.instant(), manners, room);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a page waited for memory");
        }
    }

    private static Headers headers(Capture capture) {
        List<Headers.Field> fields = new ArrayList<>();
        capture.fields().fields().forEach(field -> fields.add(new Headers.Field(field.name(), field.value())));
        if (fields.isEmpty()) {
            fields.add(new Headers.Field("Content-Type", capture.contentType()));
        }
        return new Headers(fields);
    }

    /// Characters that files may have in their names and that mean something else in a URL.
    private static String escaped(String path) {
        return "./" + path.replace("%", "%25").replace("?", "%3F").replace("#", "%23");
    }
}
