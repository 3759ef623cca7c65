package org.millrace.crawler.kafka;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.millrace.crawler.CrawlerConfig;

/// The crawler as a process of its own, wired by the class that wires it in production.
final class CrawlerProcess {

    private CrawlerProcess() {}

    /// Crawls once somebody has written to its input. What takes longest at a start, to load classes, is done before.
    ///
    /// @param args broker and data directory
    public static void main(String[] args) throws IOException, InterruptedException {
        Path data = Path.of(args[1]);
        Path elsewhere = data.resolve("spare-" + ProcessHandle.current().pid());
        runner(args[0], elsewhere, Map.of("millrace.crawler.instance", "spare")).stop(new ShutdownEvent());
        if (System.in.read() >= 0) { // else whoever wanted it has gone
            runner(args[0], data, Map.of()).start(new StartupEvent());
        }
    }

    /// One that waits to be told to [#begin].
    static Process prepare(String broker, Path data, Path log) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx160m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrawlerProcess.class.getName(),
                        broker,
                        data.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    static void begin(Process prepared) throws IOException {
        prepared.getOutputStream().write('\n');
        prepared.getOutputStream().flush();
    }

    static CrawlerRunner runner(String broker, Path data, Map<String, String> more) throws IOException {
        CrawlerConfig config = config(data, more);
        return new CrawlerRunner(
                config, Map.of("bootstrap.servers", broker), new SimpleMeterRegistry(), CrawlerRunner.room(config));
    }

    static CrawlerConfig config(Path data, Map<String, String> more) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "millrace.crawler.delay",
                "PT0.02S",
                "millrace.crawler.allow-private",
                "true",
                "millrace.crawler.artifacts",
                data.resolve("artifacts").toUri().toString(),
                "millrace.crawler.data",
                data.toString()));
        properties.putAll(more);
        return new SmallRyeConfigBuilder()
                .withMapping(CrawlerConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(CrawlerConfig.class);
    }
}
