package org.millrace.crawler.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.millrace.archives.Bounds;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.crawler.Configured;
import org.millrace.crawler.Counts;
import org.millrace.crawler.Crawler;
import org.millrace.crawler.CrawlerConfig;
import org.millrace.crawler.News;
import org.millrace.crawler.Publisher;
import org.millrace.crawler.Target;
import org.millrace.crawler.frontier.Done;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.rocksdb.RocksIndexes;
import org.millrace.crawler.warc.CapturePublisher;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Room;

/// A crawl whose results go to WARC files, and whose frontier lies beside them.
///
/// ```text
///   fetched ─► record compressed ─┬─► appended to the WARC ─► links queued, URL done ─► position
///                                 └──────────── one at a time, in this order ────────────┘
/// ```
///
/// A killed process leaves at most one record whose URL is not done. The next one finds it behind the
/// position, and takes it back: so each page is in the files once.
final class LocalCrawl implements Publisher, AutoCloseable {

    static final String CRAWL = "crawl";

    private static final int MAX_FAILURES = 5;

    private final CrawlFolder folder;
    private final WarcFiles files;
    private final RocksIndexes indexes;
    private final Frontier frontier;
    private final Crawler crawler;
    private final long maxPages;
    private final ReentrantLock order = new ReentrantLock();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Map<String, String> failures = new LinkedHashMap<>();
    private volatile boolean full;
    private boolean closed;

    /// @param maxPages pages fetched by this crawl, runs before this one included
    LocalCrawl(
            CrawlFolder folder, WarcFiles files, CrawlerConfig config, Fetcher fetcher, Manners manners, long maxPages)
            throws IOException {
        this.folder = folder;
        this.files = files;
        this.maxPages = maxPages;
        indexes = RocksIndexes.open(folder.frontier());
        frontier = new Frontier(
                indexes.index(0),
                CRAWL,
                new Frontier.Settings(config.lease(), config.delay(), config.maxPagesPerPattern()),
                Clock.systemUTC());
        if (frontier.discovered() == 0 && folder.position().archive() == Integer.MAX_VALUE) {
            indexes.close();
            throw new CrawlFolder.Unusable("%s/state/frontier: expected the index of this crawl, got none, or one that"
                            .formatted(folder.root())
                    + " another version of the program wrote; its pages are all in %s".formatted(folder.warc()));
        }
        crawler = new Crawler(
                frontier,
                fetcher,
                new RobotsCache(manners),
                Configured.politeness(config),
                config.maxBytes(),
                new Semaphore(config.parallel(), true),
                Room.ofHeap(config.parallel()),
                this,
                failure::set);
        takeBack(folder.position().written());
        full = fetched() >= maxPages;
    }

    /// Seeds that are known already change nothing.
    void seed(Target seed) {
        crawler.offer(seed);
    }

    /// Fetches until nothing is left, enough is fetched, the time is over, or somebody stops it.
    ///
    /// @param tick called several times a second
    /// @throws IOException if what was fetched cannot be kept
    Ended run(Duration limit, Stop stop, Runnable tick) throws IOException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        crawler.start();
        while (true) {
            tick.run();
            Throwable broken = failure.get();
            if (broken != null) {
                throw new IOException(broken instanceof UncheckedIOException io ? io.getMessage() : "a bug", broken);
            }
            if (full) {
                return Ended.ENOUGH;
            }
            if (frontier.size() == 0) {
                return Ended.COMPLETE;
            }
            if (limit.isPositive() && System.nanoTime() - end > 0) {
                return Ended.OUT_OF_TIME;
            }
            if (stop.await(Duration.ofMillis(100))) {
                return Ended.STOPPED;
            }
        }
    }

    /// How a run came to its end.
    enum Ended {
        COMPLETE,
        ENOUGH,
        OUT_OF_TIME,
        STOPPED
    }

    /// Of all runs together.
    Counts counts() {
        return frontier.counts(CRAWL);
    }

    int hosts() {
        return frontier.hosts();
    }

    long queued() {
        return frontier.size();
    }

    /// Some URLs that gave no page, and why.
    Map<String, String> failures() {
        order.lock();
        try {
            return new LinkedHashMap<>(failures);
        } finally {
            order.unlock();
        }
    }

    /// Called by the crawler's threads: each compresses what it fetched.
    @Override
    public void publish(Crawler origin, Lease lease, News news) {
        Optional<byte[]> record = CapturePublisher.record(lease, news);
        order.lock();
        try {
            if (closed || full || !frontier.accept(lease)) {
                return; // it stays to be fetched
            }
            if (record.isPresent()) {
                files.append(record.get());
            }
            frontier.offer(news.found());
            crawler.finish(List.of(Done.of(lease, news)));
            if (record.isPresent()) {
                folder.position(new CrawlFolder.Position(files.end(), Integer.MAX_VALUE, 0));
                full = fetched() >= maxPages;
            }
            note(news);
        } catch (IOException e) {
            throw new UncheckedIOException("what was fetched cannot be written: " + e.getMessage(), e);
        } finally {
            order.unlock();
        }
    }

    private void note(News news) {
        if (news instanceof News.Visited visited && failures.size() < MAX_FAILURES) {
            String url = visited.target().url().toString();
            switch (visited.fetch()) {
                case Fetch.Disallowed(String why) -> failures.put(url, why);
                case Fetch.HttpError(int status, var _) -> failures.put(url, "status " + status);
                case Fetch.Failed(String why, var _) -> failures.put(url, why);
                case Fetch.Fetched _, Fetch.Unchanged _, Fetch.Redirected _ -> {}
            }
        }
    }

    private long fetched() {
        return counts().of(Outcome.FETCHED);
    }

    /// Cuts away records behind a place whose URLs are not done: they will be fetched again.
    private void takeBack(WarcFiles.Place settled) throws IOException {
        WarcFiles.Place end = files.end();
        boolean sameFile = end.file().equals(settled.file());
        if (end.file().isEmpty() || sameFile && end.bytes() <= settled.bytes()) {
            return;
        }
        long from = sameFile ? settled.bytes() : 0;
        Path file = folder.warc().resolve(end.file());
        List<Capture> behind = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file).position(from);
                Captures captures =
                        Captures.of(end.file(), Channels.newInputStream(channel), new Bounds(1 << 30, Bounds.HEAD))) {
            for (Optional<Capture> next = captures.next(); next.isPresent(); next = captures.next()) {
                behind.add(next.get());
            }
        }
        boolean done = behind.stream()
                .flatMap(capture -> NormalUrl.of(capture.url()).stream())
                .allMatch(url -> frontier.isVisited(CRAWL, url));
        if (!done) {
            files.cut(new WarcFiles.Place(end.file(), from));
        }
    }

    /// What is being fetched is left; what is fetched is on the disk.
    @Override
    public void close() throws IOException {
        order.lock();
        try {
            closed = true;
        } finally {
            order.unlock();
        }
        crawler.close();
        indexes.close();
        files.close();
    }
}
