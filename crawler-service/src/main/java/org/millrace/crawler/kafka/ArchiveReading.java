package org.millrace.crawler.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.archives.Tally;
import org.millrace.crawler.archive.ArchiveSources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An archive that is being read, on a thread of its own: a far server may take minutes for one page, and
/// the records that are skipped before the first may be millions, while whoever publishes them has to
/// be seen by its group.
final class ArchiveReading implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveReading.class);

    /// What one transaction holds at most, in pages and in bytes.
    private static final int MAX_PAGES = 100;

    private static final long MAX_BYTES = 4L << 20;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("crawler-archive").factory());
    private final ConsumerRecord<String, byte[]> seed;
    private final ArchivePages.Seed what;
    private final long done;
    private final ArchivePages pages;
    private final ArchiveSources sources;
    private @Nullable Future<Some> underWay;

    /// Of the thread alone.
    private @Nullable Captures captures;

    /// @param done records that an earlier reader published
    ArchiveReading(
            ConsumerRecord<String, byte[]> seed,
            ArchivePages.Seed what,
            long done,
            ArchivePages pages,
            ArchiveSources sources) {
        this.seed = seed;
        this.what = what;
        this.done = done;
        this.pages = pages;
        this.sources = sources;
    }

    /// Pages that were read.
    ///
    /// @param isLast nothing comes after them
    /// @param failure why nothing does, if it is not the end of the archive
    /// @param tally of all so far
    record Some(List<ProducerRecord<String, byte[]>> pages, boolean isLast, String failure, Tally tally) {}

    /// The artifact store's failure.
    static final class StoreFailed extends UncheckedIOException {
        private static final long serialVersionUID = 1L;

        StoreFailed(IOException cause) {
            super("the artifact store failed", cause);
        }
    }

    ConsumerRecord<String, byte[]> seed() {
        return seed;
    }

    String archive() {
        return what.archive();
    }

    TopicPartition partition() {
        return new TopicPartition(seed.topic(), seed.partition());
    }

    /// The next pages; empty if they take longer than this.
    ///
    /// @throws StoreFailed nothing is wrong with the archive
    Optional<Some> next(Duration patience) {
        if (underWay == null) {
            underWay = thread.submit(this::read);
        }
        try {
            Some some = underWay.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            underWay = null;
            return Optional.of(some);
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof StoreFailed failed
                    ? failed
                    : new IllegalStateException("reading %s broke".formatted(what.archive()), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while %s was read".formatted(what.archive()), e);
        }
    }

    private Some read() {
        List<ProducerRecord<String, byte[]>> some = new ArrayList<>();
        boolean ended = false;
        String failure = "";
        try {
            Captures open = open();
            for (long bytes = 0; some.size() < MAX_PAGES && bytes < MAX_BYTES && !ended; ) {
                Optional<Capture> capture = open.next();
                ended = capture.isEmpty();
                if (capture.isPresent()) {
                    page(capture.get()).ifPresent(some::add);
                    bytes += capture.get().body().length;
                }
            }
        } catch (StoreFailed e) {
            throw e;
        } catch (IOException | RuntimeException e) { // whatever stands in an archive ends no more than its reading
            failure = e instanceof IOException ? String.valueOf(e.getMessage()) : e.toString();
            ended = true;
        }
        return new Some(some, ended, failure, captures == null ? Tally.NONE : captures.tally());
    }

    private Captures open() throws IOException {
        Captures open = captures;
        if (open == null) {
            open = sources.open(what.archive());
            captures = open;
            open.skip(done);
            LOGGER.info(
                    "reading {} from record {}", what.archive(), open.tally().records());
        }
        return open;
    }

    private Optional<ProducerRecord<String, byte[]>> page(Capture capture) {
        try {
            return pages.page(what, capture);
        } catch (IOException e) {
            throw new StoreFailed(e);
        }
    }

    /// Returns at once. What is being read ends at the next time limit of its source.
    @Override
    public void close() {
        if (underWay != null) {
            underWay.cancel(true);
        }
        thread.execute(() -> {
            try {
                if (captures != null) {
                    captures.close();
                }
            } catch (IOException e) {
                LOGGER.warn("{} cannot be closed", what.archive(), e);
            }
        });
        thread.shutdown();
    }
}
