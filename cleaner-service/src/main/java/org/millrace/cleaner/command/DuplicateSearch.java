package org.millrace.cleaner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.millrace.cleaner.duplicate.Change;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.Proposal;
import org.millrace.cleaner.duplicate.Store;
import org.millrace.cleaner.rocksdb.RocksStore;

/// Finds the duplicates among all pages of a command, as the service does among all of a crawl. What is kept
/// depends on all pages, so no line comes out before the last page went in: until then lines and index lie in a
/// temporary folder.
///
/// For one thread at a time.
final class DuplicateSearch {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Changes to the index in memory: about 30 a page, 100 bytes each.
    private static final int MOST_UNSTORED = 10_000;

    private final Spill lines;
    private final Duplicates duplicates;
    private final int mostUnstored;

    /// A line with the address of its page.
    record Waiting(String url, Line line) {}

    /// @param store empty after this
    /// @param mostUnstored changes to the index in memory
    DuplicateSearch(Spill lines, Store store, Duplicates.Settings settings, int mostUnstored) {
        this.lines = lines;
        this.mostUnstored = mostUnstored;
        duplicates =
                new Duplicates(store, at -> Optional.of(waiting((int) at).line().text()), settings);
        duplicates.beginAnew("lines");
    }

    /// @param scratch deleted after this, whatever happens
    /// @param work to do with a search
    static void in(Scratch scratch, Duplicates.Settings settings, Consumer<DuplicateSearch> work) {
        try (scratch;
                Spill lines = new Spill(scratch.at("lines"));
                RocksStore index = RocksStore.open(scratch.at("duplicates"))) {
            work.accept(new DuplicateSearch(lines, index, settings, MOST_UNSTORED));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        keepSome();
    }

    private void keepSome() {
        if (duplicates.unstored() > mostUnstored) {
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
            keepSome(); // a verdict shortens the way to the next one
        }
    }

    private Waiting waiting(int number) {
        try {
            return JSON.readValue(lines.get(number), Waiting.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
