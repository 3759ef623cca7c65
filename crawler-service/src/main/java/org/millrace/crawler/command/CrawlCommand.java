package org.millrace.crawler.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.archives.Bounds;
import org.millrace.archives.Captures;
import org.millrace.crawler.Configured;
import org.millrace.crawler.Counts;
import org.millrace.crawler.CrawlerConfig;
import org.millrace.crawler.Limits;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.Target;
import org.millrace.crawler.http.Download;
import org.millrace.crawler.http.OkFetcher;
import org.millrace.crawler.http.Reach;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.SiteList;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Room;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Crawls sites into WARC files without a broker. A run that was ended, whatever ended it, is gone on with
/// by `--resume`.
///
/// Exit codes: 0 something was fetched, 1 nothing could be, 2 wrong usage.
@Command(
        name = "millrace crawl",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        version = "millrace 0.1.0",
        description = "Crawls sites politely into WARC files, without a running system.",
        footer = {
            "",
            "DIR/warc holds what was fetched, DIR/state what a later run needs to go on.",
            "The last line of the output is one JSON object with the counts.",
            "",
            "Exit codes: 0 something was fetched, 1 nothing could be, 2 wrong usage.",
            "",
            "  ./millrace crawl https://example.org/ --out crawl --contact me@example.net",
            "  ./millrace crawl --resume --out crawl",
            "  ./millrace clean --json crawl/warc > documents.jsonl"
        })
public final class CrawlCommand implements Callable<Integer> {

    private static final int NOTHING_FETCHED = 1;
    private static final String PREFIX = "millrace.crawler.";

    private final PrintStream out;
    private final PrintStream err;
    private final List<String> arguments;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "SEED", description = "Where to begin: http and https URLs.")
    private List<String> seeds = List.of();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of this crawl, and no other.")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Option(
            names = "--resume",
            description = "Go on with the crawl in DIR, with the arguments it was begun with and those given now.")
    private boolean resume;

    @Option(names = "--depth", paramLabel = "N", description = "Links followed from a seed, 1 to 1,000 (default: 16).")
    private @Nullable Integer depth;

    @Option(names = "--max-pages", paramLabel = "N", description = "Pages fetched altogether, at least 1.")
    private long maxPages = Long.MAX_VALUE;

    @Option(
            names = "--max-pages-per-host",
            paramLabel = "N",
            description = "Requests for pages of one host, 1 to 10,000,000 (default: 10,000).")
    private @Nullable Integer maxPagesPerHost;

    @Option(
            names = "--delay",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "From an answer of a host to the next request to it: 500ms, 1s, … (default: 1s). A longer"
                    + " crawl-delay of its robots.txt is kept.")
    private @Nullable Duration delay;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            description = "Requests under way at once, over all hosts, 1 to 10,000 (default: 64). A host has one.")
    private @Nullable Integer parallel;

    @Option(
            names = "--stay-on",
            split = ",",
            paramLabel = "HOST",
            description = "Hosts that links may lead to besides those of the seeds.")
    private List<String> stayOn = List.of();

    @Option(
            names = "--allow",
            split = ",",
            paramLabel = "WHAT",
            description = "Domains (example.org, with all below) or URL prefixes: nothing else is fetched.")
    private List<String> allow = List.of();

    @Option(
            names = "--block",
            split = ",",
            paramLabel = "WHAT",
            description = "Domains or URL prefixes that are not fetched, whatever --allow says.")
    private List<String> block = List.of();

    @Option(
            names = "--allow-private",
            description = "Private and loopback addresses too, and any port. Only for sites of your own.")
    private boolean allowPrivate;

    @Option(
            names = "--contact",
            paramLabel = "URL",
            description = "Where owners of sites reach you; part of the user agent.")
    private @Nullable String contact;

    @Option(
            names = "--agent",
            paramLabel = "NAME",
            description = "Product token that robots.txt files address (default: millrace).")
    private @Nullable String agent;

    @Option(
            names = "--time-limit",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "Stop after this time.")
    private Duration timeLimit = Duration.ZERO;

    @Option(names = "--warc", paramLabel = "FILE|URL", description = "Copy the pages of a WARC or WET file first.")
    private List<String> warcs = List.of();

    @Option(names = "--folder", paramLabel = "DIR", description = "Copy the HTML and text files of a folder first.")
    private List<String> folders = List.of();

    @Option(
            names = "--warc-bytes",
            paramLabel = "N",
            description = "A WARC file that has as many is followed by another (default: 1 GiB).")
    private long warcBytes = WarcFiles.USUAL_BYTES;

    private CrawlCommand(PrintStream out, PrintStream err, List<String> arguments) {
        this.out = out;
        this.err = err;
        this.arguments = arguments;
    }

    public static void main(String[] args) {
        System.exit(execute(System.out, System.err, args));
    }

    static int execute(PrintStream out, PrintStream err, String... args) {
        CrawlCommand command = new CrawlCommand(out, err, List.of(args));
        return line(command)
                .setParameterExceptionHandler((e, _) -> {
                    err.println("millrace crawl: " + e.getMessage());
                    err.println("Try ./millrace crawl --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, line, _) -> {
                    err.println("millrace crawl: " + (e instanceof IOException ? e.getMessage() : e));
                    if (!(e instanceof IOException)) {
                        e.printStackTrace(err);
                    }
                    return NOTHING_FETCHED;
                })
                .execute(args);
    }

    private static CommandLine line(CrawlCommand command) {
        return new CommandLine(command)
                .setOverwrittenOptionsAllowed(true)
                .setOut(new PrintWriter(command.out, true, UTF_8))
                .setErr(new PrintWriter(command.err, true, UTF_8));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<String> begun = CrawlFolder.arguments(folder);
        if (!begun.isEmpty() && !resume) {
            throw wrong("--out: expected an empty folder, got %s, which holds a crawl; go on with it by --resume"
                    .formatted(folder));
        }
        if (begun.isEmpty() || arguments.equals(begun)) {
            return run();
        }
        if (!warcs.isEmpty() || !folders.isEmpty()) {
            throw wrong("--warc, --folder: expected none with --resume, got %s; archives are copied when a crawl begins"
                            .formatted(Stream.concat(warcs.stream(), folders.stream())
                                    .toList())
                    + ", so copy these into a folder of their own");
        }
        List<String> all = new ArrayList<>(begun);
        all.addAll(arguments);
        CrawlCommand merged = new CrawlCommand(out, err, all);
        line(merged).parseArgs(all.toArray(String[]::new));
        return merged.run();
    }

    private int run() throws IOException, InterruptedException {
        List<NormalUrl> urls = seeds();
        List<String> archives = new ArrayList<>(warcs);
        archives.addAll(folders);
        if (urls.isEmpty() && archives.isEmpty()) {
            throw wrong(
                    resume && !Files.exists(folder.resolve("state"))
                            ? "--resume: expected a folder with a crawl, got " + folder
                            : "SEED: expected at least one URL, or --warc, or --folder");
        }
        if (maxPages < 1) {
            throw wrong("--max-pages: expected at least 1, got " + maxPages);
        }
        if (warcBytes < 1) {
            throw wrong("--warc-bytes: expected at least 1, got " + warcBytes);
        }
        CrawlerConfig config = config();
        Limits limits = limits(config);
        if (config.contact().isEmpty() && !config.allowPrivate() && !urls.isEmpty()) {
            err.println("millrace crawl: without --contact owners of sites cannot reach you");
        }
        try (Stop stop = new Stop();
                CrawlFolder opened = CrawlFolder.open(folder, arguments)) {
            return run(opened, config, urls, limits, archives, stop);
        } catch (CrawlFolder.Unusable e) {
            throw wrong("--out: " + e.getMessage());
        }
    }

    private int run(
            CrawlFolder opened,
            CrawlerConfig config,
            List<NormalUrl> urls,
            Limits limits,
            List<String> archives,
            Stop stop)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Map<String, String> info = new LinkedHashMap<>();
        info.put("software", "Millrace");
        info.put("http-header-user-agent", Configured.userAgent(config));
        info.put("robots", "RFC 9309");
        try (WarcFiles files = WarcFiles.open(opened.warc(), "millrace", warcBytes, info, Clock.systemUTC())) {
            Manners manners = Configured.manners(config);
            ArchiveCopy copy = new ArchiveCopy(
                    opened, files, name -> archive(name, config), manners, Room.ofHeap(1), Clock.systemUTC());
            boolean copied = copy(copy, archives, stop);
            Summary summary;
            if (copied && !urls.isEmpty()) {
                OkFetcher fetcher = new OkFetcher(Configured.userAgent(config), reach(config), times(config), _ -> {});
                try (LocalCrawl crawl = new LocalCrawl(opened, files, config, fetcher, manners, maxPages)) {
                    urls.forEach(url -> crawl.seed(new Target(LocalCrawl.CRAWL, url, "", 0, 0, limits)));
                    LocalCrawl.Ended ended = crawl(crawl, stop);
                    summary = Summary.of(crawl, ended);
                }
            } else {
                summary = Summary.NOTHING_CRAWLED;
            }
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            return summary.with(copy.tally(), copy.leftOut()).print(out, files, opened, took) ? 0 : NOTHING_FETCHED;
        }
    }

    private boolean copy(ArchiveCopy copy, List<String> archives, Stop stop) throws IOException, InterruptedException {
        try (Progress progress = new Progress(
                err,
                isTerminal(),
                () -> new Progress.Now(
                        copy.tally().captures(),
                        0,
                        0,
                        copy.bytes(),
                        copy.tally().broken()))) {
            return copy.run(archives, stop, progress::tick);
        }
    }

    private LocalCrawl.Ended crawl(LocalCrawl crawl, Stop stop) throws IOException, InterruptedException {
        try (Progress progress = new Progress(err, isTerminal(), () -> now(crawl))) {
            return crawl.run(timeLimit, stop, progress::tick);
        }
    }

    private static Progress.Now now(LocalCrawl crawl) {
        Counts counts = crawl.counts();
        long pages = counts.done().values().stream().mapToLong(Long::longValue).sum();
        long errors = counts.of(Outcome.HTTP_ERROR) + counts.of(Outcome.FAILED);
        return new Progress.Now(pages, crawl.queued(), crawl.hosts(), counts.bytes(), errors);
    }

    private boolean isTerminal() {
        return err == System.err && System.console() != null && System.console().isTerminal();
    }

    private Captures archive(String name, CrawlerConfig config) throws IOException {
        Bounds bounds = new Bounds(config.maxBytes(), Bounds.HEAD);
        Optional<NormalUrl> url = NormalUrl.of(name);
        if (url.isPresent()) {
            return Captures.of(
                    url.get().toString(),
                    Download.of(url.get(), Configured.userAgent(config), reach(config), times(config)),
                    bounds);
        }
        return Captures.of(Path.of(name.startsWith("file:") ? URI.create(name).getPath() : name), bounds);
    }

    // ---- arguments

    private List<NormalUrl> seeds() {
        Set<NormalUrl> urls = new LinkedHashSet<>();
        for (String seed : seeds) {
            urls.add(NormalUrl.of(seed)
                    .orElseThrow(
                            () -> wrong("SEED: expected an absolute http or https URL, got '%s'".formatted(seed))));
        }
        return List.copyOf(urls);
    }

    private CrawlerConfig config() {
        Map<String, @Nullable Object> given = new HashMap<>();
        given.put("delay", delay);
        given.put("parallel", parallel);
        given.put("contact", contact);
        given.put("agent", agent);
        given.put("max-depth", depth);
        given.put("max-pages-per-host", maxPagesPerHost);
        given.put("allow-private", allowPrivate ? true : null);
        Map<String, String> properties = new HashMap<>();
        given.forEach((name, value) -> {
            if (value != null) {
                properties.put(PREFIX + name, value.toString());
            }
        });
        try {
            return StandaloneConfig.read(properties);
        } catch (StandaloneConfig.Unfit e) {
            boolean isOption = properties.containsKey(PREFIX + e.setting());
            String option = e.setting().equals("max-depth") ? "--depth" : "--" + e.setting();
            throw wrong((isOption ? option : PREFIX + e.setting()) + ": " + e.why());
        } catch (RuntimeException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    /// Each seed's links stay on the hosts of the seeds.
    private Limits limits(CrawlerConfig config) {
        Set<String> hosts = new LinkedHashSet<>();
        seeds().forEach(seed -> hosts.add(seed.authority()));
        for (String host : stayOn) {
            hosts.add(NormalUrl.of("http://" + host)
                    .filter(url -> url.path().equals("/"))
                    .orElseThrow(() -> wrong(
                            "--stay-on: expected a host, with its port if not the default, got '%s'".formatted(host)))
                    .authority());
        }
        try {
            Scope scope = new Scope(SiteList.of("--allow", allow), SiteList.of("--block", block));
            return new Limits(config.maxDepth(), config.maxPagesPerHost(), hosts, Revisits.NEVER, scope);
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private static Reach reach(CrawlerConfig config) {
        return new Reach(config.allowPrivate(), config.ports());
    }

    private static OkFetcher.TimeLimits times(CrawlerConfig config) {
        CrawlerConfig.Timeout timeout = config.timeout();
        return new OkFetcher.TimeLimits(timeout.connect(), timeout.read(), timeout.call());
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
