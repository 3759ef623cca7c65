package org.millrace.cli.train;

import java.io.IOException;
import org.millrace.cli.Failure;
import org.millrace.cli.StateOption;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.SystemState;
import picocli.CommandLine.Mixin;

/// The trainer of which system.
final class TrainerOption {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    /// @throws Failure if nothing is up there
    Endpoints connect() throws IOException {
        Home home = state.home();
        SystemState now = SystemState.read(home)
                .filter(system -> system.supervisor().handle().isPresent())
                .orElseThrow(() -> new Failure(
                        "Nothing is up in %s; start a system with ./millrace up, or name another folder with --state."
                                .formatted(home.state())));
        return new Endpoints(now.layout());
    }

    /// A command about a run of this system, as it is typed.
    String command(String name, String runId) {
        return "./millrace train %s %s%s".formatted(name, runId, state.typed());
    }
}
