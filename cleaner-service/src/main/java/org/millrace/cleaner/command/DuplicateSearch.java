package org.millrace.cleaner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.millrace.cleaner.duplicate.Change;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.Proposal;
import org.millrace.cleaner.rocksdb.RocksStore;

/// Finds the duplicates among all pages of a command, as the service does among all of a crawl. What is kept
/// depends on all pages, so no line comes out before the last page went in: until then lines and index lie in a
/// temporary folder.
///
/// For one thread at a time.
final class DuplicateSearch implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Changes to the index in memory: about 30 a page, 100 bytes each.
    private static final int MOST_UNSTORED = 10_000;

    private final Path folder;
    private final Spill lines;
    private final RocksStore index;
    private final Duplicates duplicates;

    /// A line with the address of its page.
    record Waiting(String url, Line line) {}

    DuplicateSearch(Duplicates.Settings settings) {
        try {
            folder = Files.createTempDirectory("millrace-clean-");
            lines = new Spill(folder.resolve("lines"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        index = RocksStore.open(folder.resolve("duplicates"));
        duplicates =
                new Duplicates(index, at -> Optional.of(waiting((int) at).line().text()), settings);
        duplicates.beginAnew("lines");
    }

    void add(Candidate candidate) {
        int number = lines.size();
        try {
            lines.add(JSON.writeValueAsBytes(new Waiting(candidate.url(), candidate.line())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Proposal proposal = candidate.proposal(number);
        if (proposal != null) {
            duplicates.add(proposal);
        }
        if (duplicates.unstored() > MOST_UNSTORED) {
            duplicates.keep();
        }
    }

    /// Gives all lines, in the order in which they came.
    void finish(Consumer<Line> sink) {
        duplicates.keep();
        for (int number = 0; number < lines.size(); number++) {
            Waiting waiting = waiting(number);
            Line line = waiting.line();
            sink.accept(
                    line.isKept()
                            ? line.after(duplicates.verdict(line.documentId(), new Change.Page(number, waiting.url())))
                            : line);
        }
    }

    private Waiting waiting(int number) {
        try {
            return JSON.readValue(lines.get(number), Waiting.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        index.close();
        try {
            lines.close();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
