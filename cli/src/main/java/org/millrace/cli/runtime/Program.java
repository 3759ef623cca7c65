package org.millrace.cli.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;

/// A main class of a service, run in a process of its own as if it were this one: the same input and output,
/// the same folder, its exit code, and the signals that come here. It needs no running system.
///
/// A process, because each service has its own libraries, in versions of its own.
public final class Program {

    /// Enough to write down what is fetched or read, and to say how it ended.
    private static final long PATIENCE_SECONDS = 30;

    private final Path application;
    private final String service;
    private final String main;

    /// @param main class with a `main` that takes all arguments
    public Program(Path installation, String service, String main) {
        this.application = installation.resolve(service + "-service/target/quarkus-app");
        this.service = service;
        this.main = main;
    }

    /// @return exit code of the process
    /// @throws Failure if the service is not built
    public int run(List<String> arguments) throws IOException, InterruptedException {
        if (!Files.isRegularFile(application.resolve("quarkus-run.jar"))) {
            throw new Failure(
                    "The %s service is not built: %s is missing; run ./millrace again, it builds what is stale."
                            .formatted(service, application.resolve("quarkus-run.jar")));
        }
        ProcessBuilder builder = new ProcessBuilder(command(arguments)).inheritIO();
        if (!service.equals("trainer")) {
            builder.environment().putAll(Component.SMALL_ALLOCATIONS);
        }
        return run(builder);
    }

    /// What is started.
    List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:MaxRAMPercentage=40",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        if (service.equals("trainer")) {
            command.addAll(Component.vectors());
        }
        command.addAll(List.of(
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", // of that class path
                "-cp",
                classPath(application),
                main));
        command.addAll(arguments);
        return command;
    }

    /// Of a service as it is built, with the classes that the build made for its settings.
    ///
    /// @param application its folder `quarkus-app`
    static String classPath(Path application) {
        return Stream.of("quarkus", "app", "lib/main", "lib/boot")
                .map(folder -> application.resolve(folder).resolve("*").toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /// Ctrl-C reaches both processes by the terminal; what else ends this one is passed on. Either way this
    /// one stays until the other has ended: the prompt comes back when all is written.
    private static int run(ProcessBuilder builder) throws IOException, InterruptedException {
        Child child = new Child();
        Thread stop = Thread.ofPlatform().unstarted(child::stop);
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return child.start(builder).waitFor();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(stop);
            } catch (IllegalStateException e) {
                // The JVM is going down already: the hook is running, or has run.
            }
        }
    }

    /// A process that is not started once it should end.
    private static final class Child {
        private @Nullable Process process;
        private boolean stopped;

        synchronized Process start(ProcessBuilder builder) throws IOException, InterruptedException {
            if (stopped) {
                throw new InterruptedException("stopped before it was started");
            }
            Process started = builder.start();
            process = started;
            return started;
        }

        void stop() {
            Process running;
            synchronized (this) {
                stopped = true;
                running = process;
            }
            if (running != null) {
                running.destroy();
                await(running);
            }
        }

        private static void await(Process running) {
            try {
                if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    running.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
