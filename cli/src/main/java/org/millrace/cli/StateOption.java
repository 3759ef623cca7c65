package org.millrace.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.runtime.Home;
import picocli.CommandLine.Option;

/// Which local system a command means.
public final class StateOption {

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "Folder of the system's state (default: .millrace/local).")
    private @Nullable Path state;

    /// As it was typed, with a space before; empty for the default.
    public String typed() {
        return state == null ? "" : " --state " + state;
    }

    public Home home() {
        return state == null ? Home.named("local") : Home.at(state);
    }
}
