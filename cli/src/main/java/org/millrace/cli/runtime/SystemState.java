package org.millrace.cli.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What runs now: written by the supervisor, read by `status`, `down` and `chat`.
///
/// @param ready whether every component has been healthy since the start
public record SystemState(Running supervisor, boolean ready, Map<String, Integer> ports, List<Running> processes) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// A process that was started. The start time guards against a process id that was given out again.
    ///
    /// @param startedAtMs as the operating system tells it; Unix epoch, milliseconds
    /// @param restarts how often the supervisor had to start it again
    public record Running(String name, long pid, long startedAtMs, int restarts) {

        static Running of(String name, ProcessHandle process, int restarts) {
            return new Running(name, process.pid(), startedAt(process), restarts);
        }

        /// The live process, if it is still the one that was started.
        public Optional<ProcessHandle> handle() {
            return ProcessHandle.of(pid).filter(process -> startedAt(process) == startedAtMs);
        }

        private static long startedAt(ProcessHandle process) {
            return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        }
    }

    public Layout layout() {
        return new Layout(ports);
    }

    public static Optional<SystemState> read(Home home) throws IOException {
        Path file = home.systemFile();
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        return Optional.of(JSON.readValue(Files.readAllBytes(file), SystemState.class));
    }

    void write(Home home) throws IOException {
        Path file = home.systemFile();
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.write(next, JSON.writeValueAsBytes(this));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
