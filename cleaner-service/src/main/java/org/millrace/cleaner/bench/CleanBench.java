package org.millrace.cleaner.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.StandaloneConfig;
import org.millrace.cleaner.Verdict;
import org.millrace.cleaner.duplicate.MinHash;

/// Pages a second from bytes to a verdict and a MinHash signature, beside what parsing the same pages and
/// taking all their text costs, turn by turn; then what the index of duplicates costs as it grows. The last
/// line is one JSON object.
///
/// ```text
/// CleanBench SECONDS_PER_MEASUREMENT [--threads N] [--page-bytes N] [--documents N]
/// ```
public final class CleanBench {

    private static final int PAGES = 160;
    private static final int WARM_UP = 2;
    private static final int ROUNDS = 3;

    private final List<Page> pages;
    private final Load load;

    private CleanBench(List<Page> pages, Load load) {
        this.pages = pages;
        this.load = load;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        BenchOptions options;
        try {
            options = BenchOptions.of(List.of(arguments));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        Cleaner cleaner = Cleaner.of(StandaloneConfig.read(Map.of()));
        List<Page> pages = SyntheticPages.pages(PAGES, options.pageBytes(), 1);
        new CleanBench(pages, new Load(options.threads(), Duration.ofSeconds(options.seconds())))
                .run(cleaner, options.indexSizes());
    }

    private void run(Cleaner cleaner, int[] indexSizes) throws IOException, InterruptedException {
        long bytes = pages.stream().mapToLong(page -> page.body().length).sum();
        System.out.printf(
                Locale.ROOT,
                "%d pages of %,d bytes in the mean; %s%n",
                pages.size(),
                bytes / pages.size(),
                verdicts(cleaner));
        Consumer<Page> clean = page -> clean(cleaner, page);
        for (int i = 0; i < WARM_UP; i++) { // both are compiled before either is measured
            load.run(pages, clean);
            load.run(pages, CleanBench::parse);
        }
        Load.Result cleaned = Load.Result.NONE;
        Load.Result parsed = Load.Result.NONE;
        for (int round = 0; round < ROUNDS; round++) {
            parsed = parsed.plus(load.run(pages, CleanBench::parse));
            cleaned = cleaned.plus(load.run(pages, clean));
        }
        double meanBytes = (double) bytes / pages.size();
        System.out.printf(
                Locale.ROOT,
                "clean %,8.1f pages/s, p50 %.2f ms, p99 %.2f ms; parsing alone %,8.1f pages/s%n",
                cleaned.perSecond(),
                cleaned.milliseconds(0.5),
                cleaned.milliseconds(0.99),
                parsed.perSecond());
        var json = new StringJoiner(", ", "{", "}");
        json.add(figure("pages_per_second", cleaned.perSecond()));
        json.add(figure("mb_per_second", cleaned.perSecond() * meanBytes / 1e6));
        json.add(figure("baseline_pages_per_second", parsed.perSecond()));
        json.add(figure("ratio", cleaned.perSecond() / parsed.perSecond()));
        json.add(figure("p50_ms", cleaned.milliseconds(0.5)));
        json.add(figure("p99_ms", cleaned.milliseconds(0.99)));
        json.add(figure("cpu_ms_per_page", cleaned.processorMilliseconds()));
        json.add(figure("baseline_cpu_ms_per_page", parsed.processorMilliseconds()));
        json.add(figure("page_bytes", meanBytes));
        json.add(figure("threads", load.threads()));
        json.add("\"minhash\": " + indexes(indexSizes));
        json.add(figure(
                "load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
        System.out.println(json);
    }

    private static String indexes(int[] sizes) throws IOException {
        var json = new StringJoiner(", ", "[", "]");
        Path folder = Files.createTempDirectory("millrace-index-");
        try {
            IndexGrowth.measure(folder.resolve("index"), stretch -> json.add(index(stretch)), sizes);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        return json.toString();
    }

    private static String index(IndexGrowth.Stretch stretch) {
        System.out.printf(
                Locale.ROOT,
                "index of %,9d documents: %,8.0f documents/s, %.1f us of processor time and %.0f bytes each%n",
                stretch.documents(),
                stretch.perSecond(),
                stretch.microsADocument(),
                stretch.bytesADocument());
        var index = new StringJoiner(", ", "{", "}");
        index.add("\"documents\": " + stretch.documents());
        index.add(figure("documents_per_second", stretch.perSecond()));
        index.add(figure("cpu_us_per_document", stretch.microsADocument()));
        index.add(figure("bytes_per_document", stretch.bytesADocument()));
        return index.toString();
    }

    private static String figure(String name, double value) {
        return String.format(Locale.ROOT, "\"%s\": %.3f", name, value);
    }

    private static void clean(Cleaner cleaner, Page page) {
        if (cleaner.judge(page) instanceof Verdict.Kept(var document)) {
            Load.keep(MinHash.signature(document.text()));
        }
    }

    private static void parse(Page page) {
        try {
            Load.keep(Jsoup.parse(new ByteArrayInputStream(page.body()), "UTF-8", page.url())
                    .text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String verdicts(Cleaner cleaner) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Page page : pages) {
            String name =
                    switch (cleaner.judge(page)) {
                        case Verdict.Kept _ -> "kept";
                        case Verdict.Dropped dropped -> dropped.breach().rule();
                    };
            counts.merge(name, 1, Integer::sum);
        }
        return counts.toString();
    }
}
