package org.millrace.cli.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
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

    private static Path installationFolder() {
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

    public Path artifacts() {
        return state.resolve("artifacts");
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
