package org.millrace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.SystemState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Starts the broker and every service, each as its own process, and returns when all are ready.
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Starts the broker and all services on this machine and shows where each listens.")
final class UpCommand implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(names = "--free-ports", description = "Use ports that are free instead of 9092 and 8101 to 8108.")
    private boolean freePorts;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Environment of every service, e.g. MILLRACE_CRAWLER_ALLOW_PRIVATE=true. Repeatable.")
    private Map<String, String> settings = Map.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Home home = state.home();
        if (StatusCommand.isUp(home)) {
            throw new Failure("A system is already up in %s; see ./millrace status, or stop it with ./millrace down."
                    .formatted(home.state()));
        }
        Path log = home.log("supervisor");
        Files.createDirectories(log.getParent());
        Files.deleteIfExists(log);
        Process supervisor = launch(home, log);
        System.out.println("Starting the system; logs are in " + log.getParent());
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<SystemState> now = SystemState.read(home);
            if (now.isPresent() && now.get().ready() && now.get().supervisor().pid() == supervisor.pid()) {
                StatusCommand.print(home, now.get());
                return 0;
            }
            if (!supervisor.isAlive()) {
                throw new Failure(reason(log));
            }
            if (System.nanoTime() > deadline) {
                supervisor.destroy();
                throw new Failure(
                        "Not up after %d s; the logs are in %s.".formatted(PATIENCE.toSeconds(), log.getParent()));
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private Process launch(Home home, Path log) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid"); // outlives this command's terminal
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Millrace.class.getName(),
                "supervise",
                "--state",
                home.state().toString()));
        if (freePorts) {
            command.add("--free-ports");
        }
        settings.forEach((name, value) -> command.add("--set=" + name + "=" + value));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    /// The supervisor says in its last line why it ended.
    private static String reason(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        String last = lines.isEmpty() ? "it said nothing" : lines.getLast();
        String prefix = "millrace: ";
        return last.startsWith(prefix)
                ? last.substring(prefix.length())
                : "The system did not start: %s (log: %s)".formatted(last, log);
    }
}
