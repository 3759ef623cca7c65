package org.millrace.crawler.http.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Crawler;
import org.millrace.crawler.Limits;
import org.millrace.crawler.News;
import org.millrace.crawler.Target;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.http.OkFetcher;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.rocksdb.RocksIndexes;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Room;

/// Pages per second of the crawler's engine, and of a plain loop ([PlainLoop]) over the same sites, one
/// after the other in this process. The sites ([Sites]) are a process of their own on the same cores;
/// what each of the two processes takes of them is reported.
///
/// The engine is all that lies between the log and the network: frontier with its index on disk, rules
/// for robots, requests, links, and the delay, which is zero. What it learns is counted and forgotten:
/// no Kafka, no archive. The last line is one JSON object.
///
/// ```text
/// CrawlBench SECONDS_PER_MEASUREMENT
/// ```
public final class CrawlBench {

    private static final int HOSTS = 50;
    private static final Duration WARM_UP = Duration.ofSeconds(10);
    private static final int MAX_BYTES = 5 << 20;
    private static final int ENDLESS = 10_000_000;
    private static final double MIB = 1 << 20;

    private final int port;
    private final ProcessHandle sites;
    private final Duration time;
    private final LongAdder pages = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    private CrawlBench(int port, ProcessHandle sites, Duration time) {
        this.port = port;
        this.sites = sites;
        this.time = time;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            System.err.println("usage: CrawlBench SECONDS_PER_MEASUREMENT");
            System.exit(2);
        }
        Process sites = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Sites.class.getName(),
                        Integer.toString(HOSTS))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader says =
                new BufferedReader(new InputStreamReader(sites.getInputStream(), StandardCharsets.UTF_8))) {
            String port = says.readLine();
            if (port == null) {
                throw new IOException("the sites did not start");
            }
            new CrawlBench(Integer.parseInt(port), sites.toHandle(), Duration.ofSeconds(Long.parseLong(arguments[0])))
                    .run();
        } finally {
            sites.destroy();
        }
    }

    private void run() throws IOException, InterruptedException {
        Figures plain = plainLoop();
        print("plain loop", plain);
        Path folder = Files.createTempDirectory("millrace-crawl-");
        Figures engine;
        try {
            engine = engine(folder);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        print("engine", engine);
        StringJoiner json = new StringJoiner(", ", "{", "}");
        json.add("\"hosts\": " + HOSTS);
        json.add(figure("pages_per_second", engine.rate));
        json.add(figure("baseline_pages_per_second", plain.rate));
        json.add(figure("ratio", engine.rate / plain.rate));
        json.add("\"pages\": " + engine.pages);
        json.add("\"errors\": " + engine.errors);
        json.add("\"baseline_errors\": " + plain.errors);
        json.add(figure("heap_mib_start", engine.heapAtStart));
        json.add(figure("heap_mib_end", engine.heapAtEnd));
        json.add(figure("baseline_heap_mib_end", plain.heapAtEnd));
        json.add(figure("gc_seconds", engine.gcSeconds));
        json.add(figure("cores", engine.cores));
        json.add(figure("sites_cores", engine.sitesCores));
        json.add(figure("baseline_cores", plain.cores));
        json.add(figure("load_average", system().getSystemLoadAverage()));
        System.out.println(json);
    }

    private static void print(String name, Figures figures) {
        System.out.printf(
                Locale.ROOT,
                "%-10s %,7.0f pages/s, %,d pages, %d errors, heap %.0f to %.0f MiB, %.2f cores, sites %.2f cores%n",
                name,
                figures.rate,
                figures.pages,
                figures.errors,
                figures.heapAtStart,
                figures.heapAtEnd,
                figures.cores,
                figures.sitesCores);
    }

    private static String figure(String name, double value) {
        return String.format(Locale.ROOT, "\"%s\": %.3f", name, value);
    }

    // ---- the two that are measured

    private Figures plainLoop() throws InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        List<PlainLoop> loops = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < HOSTS; i++) {
                loops.add(new PlainLoop(client, authority(i), pages, errors));
            }
            loops.forEach(threads::execute);
            Figures figures = measure();
            loops.forEach(PlainLoop::stop);
            return figures;
        } finally {
            client.shutdownNow();
        }
    }

    private Figures engine(Path folder) throws IOException, InterruptedException {
        Politeness politeness = new Politeness(
                Duration.ZERO,
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                Duration.ofMinutes(1),
                Duration.ofDays(1),
                3);
        OkFetcher fetcher = new OkFetcher(
                "millrace/bench",
                true,
                new OkFetcher.TimeLimits(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(30)),
                took -> {});
        Frontier.Settings settings = new Frontier.Settings(Duration.ofMinutes(10), Duration.ZERO, ENDLESS);
        try (RocksIndexes indexes = RocksIndexes.open(folder.resolve("index"));
                Frontier frontier = new Frontier(indexes.index(0), "bench", settings, Clock.systemUTC());
                Crawler crawler = new Crawler(
                        frontier,
                        fetcher,
                        new RobotsCache(Manners.of("millrace")),
                        politeness,
                        MAX_BYTES,
                        new Semaphore(HOSTS),
                        Room.ofHeap(HOSTS),
                        this::count,
                        failure::set)) {
            Set<String> hosts =
                    IntStream.range(0, HOSTS).mapToObj(this::authority).collect(Collectors.toSet());
            Limits limits = new Limits(1_000, ENDLESS, hosts);
            for (String host : hosts) {
                NormalUrl seed = NormalUrl.of("http://" + host + "/page/0").orElseThrow();
                crawler.offer(new Target("bench", seed, "", 0, 0, limits));
            }
            crawler.start();
            return measure();
        }
    }

    private void count(Crawler origin, Lease lease, News news) {
        if (news instanceof News.Visited visited) {
            (visited.fetch().outcome() == Outcome.FETCHED ? pages : errors).increment();
        }
        if (!origin.settle(lease, news)) {
            errors.increment();
        }
    }

    private String authority(int host) {
        return Sites.host(host) + ":" + port;
    }

    // ---- measuring

    private record Figures(
            double rate,
            long pages,
            long errors,
            double heapAtStart,
            double heapAtEnd,
            double gcSeconds,
            double cores,
            double sitesCores) {}

    private Figures measure() throws InterruptedException {
        Thread.sleep(WARM_UP);
        double heapAtStart = heap();
        errors.reset();
        long start = System.nanoTime();
        long before = pages.sum();
        long cpu = system().getProcessCpuTime();
        Duration sitesCpu = sitesCpu();
        long gc = gcMillis();
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
        long fetched = pages.sum() - before;
        double seconds = (System.nanoTime() - start) / 1e9;
        double cores = (system().getProcessCpuTime() - cpu) / 1e9 / seconds;
        double sitesCores = sitesCpu().minus(sitesCpu).toNanos() / 1e9 / seconds;
        double gcSeconds = (gcMillis() - gc) / 1e3;
        Throwable broken = failure.get();
        if (broken != null) {
            throw new IllegalStateException("the engine broke", broken);
        }
        return new Figures(fetched / seconds, fetched, errors.sum(), heapAtStart, heap(), gcSeconds, cores, sitesCores);
    }

    /// What lives, in MiB.
    private static double heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MIB;
    }

    private static long gcMillis() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum();
    }

    private Duration sitesCpu() {
        return sites.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }
}
