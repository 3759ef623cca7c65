package org.millrace.cli.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.millrace.cli.Failure;

/// Where things lie: the installation (built services), and the state of one local system.
///
/// @param installation folder with `cli/` and the `*-service/` folders; `MILLRACE_HOME`
/// @param state folder of this system's logs, broker, artifacts and process ids
public record Home(Path installation, Path state) {

    /// The installation that `./millrace` names, with state under `.millrace/<name>` there.
    public static Home named(String name) {
        return new Home(
                installationFolder(), installationFolder().resolve(".millrace").resolve(name));
    }

    public static Home at(Path state) {
        return new Home(installationFolder(), state.toAbsolutePath().normalize());
    }

    /// The folder that `./millrace` lies in.
    public static Path installationFolder() {
        String home = System.getenv("MILLRACE_HOME");
        if (home == null || !Files.isDirectory(Path.of(home))) {
            throw new Failure(
                    "MILLRACE_HOME does not name the installation folder; start the command through ./millrace.");
        }
        return Path.of(home).toAbsolutePath().normalize();
    }

    public Path log(String component) {
        return state.resolve("logs").resolve(component + ".log");
    }

    /// What was typed in the chat, for its arrow keys.
    public Path typed() {
        return state.resolve("chat-history");
    }

    public Path artifacts() {
        return state.resolve("artifacts");
    }

    /// Guards a deletion: the folder must be empty, or have been a system's before.
    ///
    /// @throws Failure if it holds anything else
    public void requireOurs() throws IOException {
        try (Stream<Path> files = Files.list(state)) {
            if (!Files.exists(lock()) && files.findAny().isPresent()) {
                throw new Failure(
                        "--state: expected an empty folder or one of an earlier system, got %s; it is left as it is."
                                .formatted(state));
            }
        }
    }

    Path data() {
        return state.resolve("data");
    }

    Path kafka() {
        return state.resolve("kafka");
    }

    Path lock() {
        return state.resolve("lock");
    }

    Path systemFile() {
        return state.resolve("system.json");
    }
}
