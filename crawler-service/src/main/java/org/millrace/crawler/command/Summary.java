package org.millrace.crawler.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.millrace.archives.Tally;
import org.millrace.crawler.Counts;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.Outcome;

/// What came of a crawl, for people and, in the last line, for programs.
///
/// @param counts of all runs together
/// @param failures some URLs that gave no page, and why
/// @param copied out of archives by this run
/// @param leftOut of what was read of archives, as the pages ask for it
record Summary(Counts counts, String ended, Map<String, String> failures, Tally copied, long leftOut) {

    static final Summary NOTHING_CRAWLED = new Summary(Counts.NONE, "complete", Map.of(), Tally.NONE, 0);

    private static final ObjectMapper JSON = new ObjectMapper();

    static Summary of(LocalCrawl crawl, LocalCrawl.Ended ended) {
        return new Summary(
                crawl.counts(),
                switch (ended) {
                    case COMPLETE -> "complete";
                    case ENOUGH -> "max-pages";
                    case OUT_OF_TIME -> "time-limit";
                    case STOPPED -> "stopped";
                },
                crawl.failures(),
                Tally.NONE,
                0);
    }

    Summary with(Tally tally, long pagesLeftOut) {
        return new Summary(counts, ended, failures, tally, pagesLeftOut);
    }

    /// @return true if there are pages
    boolean print(PrintStream out, WarcFiles files, CrawlFolder folder, Duration took) throws IOException {
        int count = 0;
        long bytes = 0;
        for (Path file : files.written()) {
            count++;
            bytes += Files.size(file);
        }
        double seconds = took.toMillis() / 1000.0;
        out.printf(Locale.ROOT, "%n%s after %.1f s%n", sentence(), seconds);
        for (Outcome outcome : Outcome.values()) {
            if (counts.of(outcome) > 0) {
                out.printf(Locale.ROOT, "  %-12s %,10d%n", name(outcome), counts.of(outcome));
            }
        }
        if (counts.queued() > 0) {
            out.printf(Locale.ROOT, "  %-12s %,10d%n", "queued", counts.queued());
        }
        if (copied.records() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  %-12s %,10d of %,d records; %,d broken, %,d too long, %,d archives cut off;"
                            + " %,d ask not to be kept%n",
                    "copied",
                    copied.captures() - leftOut,
                    copied.records(),
                    copied.broken(),
                    copied.tooLong(),
                    copied.truncated(),
                    leftOut);
        }
        failures.forEach((url, why) -> out.printf("  %s: %s%n", url, why));
        out.printf(
                Locale.ROOT,
                "  %s of pages in %s, %d files of %s%n",
                Progress.megabytes(counts.bytes()),
                folder.warc(),
                count,
                Progress.megabytes(bytes));
        out.println(json(folder, count, bytes, seconds));
        return counts.of(Outcome.FETCHED) + copied.captures() - leftOut > 0;
    }

    private String sentence() {
        return switch (ended) {
            case "complete" -> "Complete";
            case "max-pages" -> "As many pages as asked for";
            case "time-limit" -> "Out of time; --resume goes on";
            default -> "Stopped; --resume goes on";
        };
    }

    private String json(CrawlFolder folder, int files, long bytes, double seconds) throws JsonProcessingException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("ended", ended);
        for (Outcome outcome : Outcome.values()) {
            line.put(name(outcome), counts.of(outcome));
        }
        line.put("queued", counts.queued());
        line.put("copied", copied.captures() - leftOut);
        line.put("broken", copied.broken());
        line.put("bytes", counts.bytes());
        line.put("warc_files", files);
        line.put("warc_bytes", bytes);
        line.put("seconds", seconds);
        line.put("out", folder.root().toString());
        return JSON.writeValueAsString(line);
    }

    private static String name(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}
