package org.millrace.cli.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.events.Topics;

/// Starts the whole system on this machine, keeps it running, and stops it.
///
/// ```text
///   lock ──► broker ──► topics ──► services ──► all ready ──► watch: a process that died is started again
///                                                                │
///                                          stop: services, then broker, then the lock
/// ```
///
/// One supervisor to a state folder, guarded by a file lock. Children that die are started again after
/// a pause that doubles from one second to thirty, as Kubernetes would.
public final class Supervisor implements AutoCloseable {

    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(45); // as Kubernetes gives: longer than any drain
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration FORGIVEN_AFTER = Duration.ofMinutes(5);
    private static final long LEAST_DISK_BYTES = 2L << 30;

    private final Home home;
    private final Layout layout;
    private final Components components;
    private final Predicate<String> wanted;
    private final Consumer<String> report;
    private final Map<String, Child> children = new LinkedHashMap<>();
    private final Health health = new Health();
    private @Nullable FileChannel lockFile;
    private @Nullable Thread watcher;
    private volatile boolean stopping;
    private boolean ready;

    /// @param settings environment that every service gets
    /// @param report takes one line for each thing that happens
    public Supervisor(Home home, Layout layout, Map<String, String> settings, Consumer<String> report) {
        this(home, layout, settings, name -> true, report);
    }

    /// @param wanted services to start, by name; the broker is always there
    Supervisor(
            Home home, Layout layout, Map<String, String> settings, Predicate<String> wanted, Consumer<String> report) {
        this.home = home;
        this.wanted = wanted;
        this.layout = layout;
        this.components = new Components(home, layout, settings);
        this.report = report;
    }

    /// Returns when every process is ready; stops what it had started when one does not come up.
    public void start() throws IOException, InterruptedException {
        prepare();
        try {
            Component broker = components.broker();
            launch(broker);
            awaitReady(List.of(broker));
            createTopics();
            List<Component> services = components.services(wanted);
            for (Component service : services) {
                launch(service);
            }
            awaitReady(services);
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
        synchronized (this) {
            ready = true;
            writeState();
        }
        watcher = Thread.ofPlatform().name("supervisor").daemon().start(this::watch);
    }

    private void prepare() throws IOException {
        Files.createDirectories(home.log("x").getParent());
        Files.createDirectories(home.artifacts());
        FileChannel channel = FileChannel.open(home.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new Failure("A system is already up in %s; see ./millrace status, or stop it with ./millrace down."
                    .formatted(home.state()));
        }
        lockFile = channel;
        try {
            FileStore disk = Files.getFileStore(home.state());
            if (disk.getUsableSpace() < LEAST_DISK_BYTES) {
                throw new Failure(
                        "The disk of %s has %d MiB left, and the system needs %d MiB; make room or name another folder with --state."
                                .formatted(home.state(), disk.getUsableSpace() >> 20, LEAST_DISK_BYTES >> 20));
            }
            layout.ports().forEach((name, port) -> {
                if (Health.accepts(port)) {
                    throw new Failure(
                            "Port %d, where the %s should listen, is in use; stop what listens there, or use --free-ports."
                                    .formatted(port, name));
                }
            });
        } catch (IOException | RuntimeException e) {
            channel.close();
            lockFile = null;
            throw e;
        }
    }

    private synchronized void launch(Component component) throws IOException, InterruptedException {
        if (stopping) {
            throw new InterruptedException("stopped while starting");
        }
        Child child = children.computeIfAbsent(component.name(), name -> new Child(component));
        child.process = spawn(component);
        child.startedAt = System.nanoTime();
        writeState();
    }

    private Process spawn(Component component) throws IOException {
        File log = home.log(component.name()).toFile();
        List<String> command = new ArrayList<>(component.command());
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.addFirst("/usr/bin/setsid"); // Ctrl-C is for us alone: we stop the others in order
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.state().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
        builder.environment().putAll(component.environment());
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private void awaitReady(List<Component> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        List<Component> waiting = new ArrayList<>(wanted);
        while (true) {
            for (var each = waiting.iterator(); each.hasNext(); ) {
                Component component = each.next();
                boolean up =
                        component.hasHealth() ? health.isReady(component.port()) : Health.accepts(component.port());
                if (up) {
                    report.accept("%-10s 127.0.0.1:%d".formatted(component.name(), component.port()));
                    each.remove();
                } else if (!isAlive(component.name())) {
                    throw new Failure("The %s ended while starting; its log is %s."
                            .formatted(component.name(), home.log(component.name())));
                }
            }
            if (waiting.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new Failure("Not ready after %d s: %s; the logs are in %s."
                        .formatted(
                                START_PATIENCE.toSeconds(),
                                waiting.stream().map(Component::name).toList(),
                                home.log("x").getParent()));
            }
            TimeUnit.MILLISECONDS.sleep(150);
        }
    }

    private synchronized boolean isAlive(String name) {
        Child child = children.get(name);
        return child != null && child.process != null && child.process.isAlive();
    }

    private void createTopics() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", layout.bootstrapServers()))) {
            Topics.create(admin, Duration.ofSeconds(60));
        } catch (KafkaException e) {
            throw new Failure(
                    "The broker at %s did not take the topics: %s".formatted(layout.bootstrapServers(), e.getMessage()),
                    e);
        }
    }

    private void watch() {
        try {
            while (!stopping) {
                TimeUnit.MILLISECONDS.sleep(200);
                try {
                    restartDead();
                } catch (IOException e) {
                    report.accept("a process could not be started again, next try in a moment: " + e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // close() asked for it
        }
    }

    private synchronized void restartDead() throws IOException {
        for (Child child : children.values()) {
            if (stopping || child.process == null || child.process.isAlive()) {
                continue;
            }
            long now = System.nanoTime();
            if (child.restartAt == 0) {
                if (now - child.startedAt > FORGIVEN_AFTER.toNanos()) {
                    child.pause = FIRST_PAUSE;
                }
                child.pause = child.pause.multipliedBy(2).compareTo(Duration.ofSeconds(30)) < 0
                        ? child.pause.multipliedBy(2)
                        : Duration.ofSeconds(30);
                child.restartAt = now + child.pause.toNanos();
                report.accept("%s ended with code %d; it is started again in %.1f s"
                        .formatted(child.component.name(), child.process.exitValue(), child.pause.toMillis() / 1000.0));
            } else if (now >= child.restartAt) {
                child.restartAt = 0;
                child.restarts++;
                child.process = spawn(child.component);
                child.startedAt = System.nanoTime();
                writeState();
            }
        }
    }

    private synchronized void writeState() throws IOException {
        List<SystemState.Running> running = new ArrayList<>();
        for (Child child : children.values()) {
            if (child.process != null) {
                running.add(SystemState.Running.of(child.component.name(), child.process.toHandle(), child.restarts));
            }
        }
        new SystemState(
                        SystemState.Running.of("supervisor", ProcessHandle.current(), 0),
                        ready,
                        layout.ports(),
                        running)
                .write(home);
    }

    /// Stops the services together, then the broker, and gives the state folder back. May be called twice.
    @Override
    public void close() {
        stopping = true;
        if (watcher != null) {
            watcher.interrupt();
        }
        synchronized (this) {
            List<Process> services = new ArrayList<>();
            List<Process> broker = new ArrayList<>();
            for (Child child : children.values()) {
                if (child.process != null) {
                    (child.component.name().equals(Layout.BROKER) ? broker : services).add(child.process);
                }
            }
            stop(services);
            stop(broker);
            children.clear();
            try {
                if (lockFile != null) { // else the folder belongs to another supervisor
                    Files.deleteIfExists(home.systemFile());
                    lockFile.close();
                    lockFile = null;
                }
            } catch (IOException e) {
                report.accept("could not tidy " + home.state() + ": " + e.getMessage());
            }
        }
    }

    private static void stop(List<Process> processes) {
        processes.forEach(Process::destroy);
        long deadline = System.nanoTime() + STOP_PATIENCE.toNanos();
        boolean interrupted = false;
        for (Process process : processes) {
            try {
                if (interrupted || !process.waitFor(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                interrupted = true; // told to hurry: the rest goes by force
                process.destroyForcibly();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Child {
        private final Component component;
        private @Nullable Process process;
        private Duration pause = FIRST_PAUSE;
        private long startedAt;
        private long restartAt;
        private int restarts;

        private Child(Component component) {
            this.component = component;
        }
    }
}
