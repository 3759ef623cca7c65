package org.millrace.cli;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.LocalLog;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Whose log a command means.
public final class LogOption {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "A Kafka cluster instead of the local system's log.")
    private @Nullable String bootstrap;

    /// Of the local system; empty if another cluster is meant.
    Optional<Home> home() {
        return bootstrap == null ? Optional.of(state.home()) : Optional.empty();
    }

    public LocalLog open() throws IOException {
        return bootstrap == null ? LocalLog.open(state.home()) : LocalLog.at(bootstrap);
    }
}
