package org.millrace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.SystemState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Stops the supervisor, which stops everything in order; what is left of a killed one is ended by process id.
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Stops the system. Its data stays until it is asked to go with --delete-data.")
final class DownCommand implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(names = "--delete-data", description = "Delete the log, artifacts and logs of this system too.")
    private boolean deleteData;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Home home = state.home();
        Optional<SystemState> found = SystemState.read(home);
        if (found.isEmpty()) {
            System.out.println("Nothing is up in " + home.state() + ".");
        } else {
            stop(found.get());
            Files.deleteIfExists(home.state().resolve("system.json"));
            System.out.println("Stopped; nothing is left running.");
        }
        if (deleteData && Files.isDirectory(home.state())) {
            home.requireOurs();
            try (Stream<java.nio.file.Path> files = Files.walk(home.state())) {
                for (java.nio.file.Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
            System.out.println("Deleted " + home.state() + ".");
        }
        return 0;
    }

    private static void stop(SystemState now) throws InterruptedException {
        List<ProcessHandle> all = Stream.concat(
                        now.supervisor().handle().stream(),
                        now.processes().stream().flatMap(process -> process.handle().stream()))
                .toList();
        now.supervisor().handle().ifPresent(ProcessHandle::destroy);
        if (now.supervisor().handle().isEmpty()) {
            all.forEach(ProcessHandle::destroy); // the supervisor was killed and left its children behind
        }
        CompletableFuture<Void> ended =
                CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new));
        try {
            ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            all.forEach(ProcessHandle::destroyForcibly);
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for processes to end", e);
        }
    }
}
