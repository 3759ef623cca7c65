package org.millrace.cli.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;

/// Runs a bench, beside what it needs: a broker, or a broker and the service that it measures, and the
/// bench, each its own process, on free ports and in a folder that is made for it. No other system need run,
/// and one that runs is left alone (and takes its share of the cores).
public final class BenchRun {

    /// Far longer than starting, warming and ending together.
    private static final Duration BESIDES = Duration.ofMinutes(5);

    /// Measurements of one bench, at most.
    private static final int MEASUREMENTS = 100;

    private final Bench bench;
    private final int seconds;
    private final List<String> options;
    private volatile @Nullable Process process;

    /// @param seconds of each measurement
    /// @param options of the bench itself
    public BenchRun(Bench bench, int seconds, List<String> options) {
        this.bench = bench;
        this.seconds = seconds;
        this.options = List.copyOf(options);
    }

    /// Prints what the bench prints, and nothing behind it.
    ///
    /// @throws IllegalArgumentException if the bench does not know an option; nothing was started then
    /// @throws Failure if it ended with an error; the folder is kept then, for its logs
    public void run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-bench-");
        Home home = Home.at(folder);
        Layout layout = Layout.free();
        Components components = new Components(home, layout, bench.settings());
        if (bench.needsService()) { // which takes seconds to start
            try {
                check(components.check(bench, options), folder);
            } catch (IllegalArgumentException e) {
                TemporaryFolder.delete(folder);
                throw e;
            }
        }
        Component command = components.bench(bench, seconds, options);
        Supervisor system = new Supervisor(
                home,
                layout,
                bench.settings(),
                name -> bench.needsService() && name.equals(bench.service()),
                System.out::println);
        Thread stop = Thread.ofPlatform().unstarted(() -> {
            end(system);
            TemporaryFolder.delete(folder);
        });
        Runtime.getRuntime().addShutdownHook(stop);
        int code;
        try {
            if (bench.needsSystem()) {
                system.start();
            }
            code = await(command, folder);
        } finally {
            end(system);
            try {
                Runtime.getRuntime().removeShutdownHook(stop);
            } catch (IllegalStateException e) {
                // The JVM is going down already: the hook is running, or has run.
            }
        }
        if (code != 0) {
            throw new Failure("The bench ended with code %d; the logs of what it measured are in %s."
                    .formatted(code, home.log("x").getParent()));
        }
        TemporaryFolder.delete(folder);
    }

    private static void check(Component command, Path folder) throws IOException, InterruptedException {
        Path said = folder.resolve("check.txt");
        ProcessBuilder builder = new ProcessBuilder(command.command())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().putAll(command.environment());
        Process started = builder.start();
        try {
            if (!started.waitFor(BESIDES.toSeconds(), TimeUnit.SECONDS)) {
                throw new Failure("The bench has not read its options within %d s.".formatted(BESIDES.toSeconds()));
            }
        } finally {
            started.destroy();
        }
        if (started.exitValue() != 0) {
            throw new IllegalArgumentException(Files.readString(said).strip());
        }
    }

    private int await(Component command, Path folder) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command.command()).directory(folder.toFile()).inheritIO();
        builder.environment().putAll(command.environment());
        Process started = builder.start();
        process = started;
        long patience = BESIDES.toSeconds() + (long) MEASUREMENTS * seconds;
        if (!started.waitFor(patience, TimeUnit.SECONDS)) {
            throw new Failure("The bench has not ended within %d s; it is stopped, its logs are in %s."
                    .formatted(patience, folder));
        }
        return started.exitValue();
    }

    private void end(Supervisor system) {
        Process running = process;
        if (running != null) {
            running.destroy();
        }
        system.close();
    }
}
