package org.millrace.cli;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.millrace.cli.runtime.Health;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.Layout;
import org.millrace.cli.runtime.SystemState;
import org.millrace.cli.runtime.SystemState.Running;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows every process: where it listens, whether it is ready, its memory and restarts.
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows where each service listens and how it is. Exit code 1 if anything is not ready.")
final class StatusCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Home home = state.home();
        if (!isUp(home)) {
            System.out.println("Nothing is up in " + home.state() + "; start with ./millrace up.");
            return 1;
        }
        Optional<SystemState> now = SystemState.read(home);
        return now.isPresent() && print(home, now.get()) ? 0 : 1;
    }

    static boolean isUp(Home home) throws IOException {
        return SystemState.read(home)
                .flatMap(now -> now.supervisor().handle())
                .filter(ProcessHandle::isAlive)
                .isPresent();
    }

    /// @return whether everything is ready
    static boolean print(Home home, SystemState now) throws InterruptedException {
        Health health = new Health();
        boolean allReady = true;
        long totalMib = 0;
        System.out.printf(
                "%-11s %-16s %-9s %8s %9s %9s%n", "process", "listens on", "state", "pid", "resident", "restarts");
        for (Running process : now.processes()) {
            int port = now.layout().port(process.name());
            boolean alive = process.handle().isPresent();
            boolean ready =
                    alive && (process.name().equals(Layout.BROKER) ? Health.accepts(port) : health.isReady(port));
            long mib = alive ? Health.residentMib(process.pid()) : 0;
            totalMib += mib;
            allReady &= ready;
            System.out.printf(
                    "%-11s %-16s %-9s %8d %5d MiB %9d%n",
                    process.name(),
                    "127.0.0.1:" + port,
                    ready ? "ready" : alive ? "not ready" : "dead",
                    process.pid(),
                    mib,
                    process.restarts());
        }
        System.out.printf(
                "%d MiB resident together; logs in %s%n",
                totalMib, home.log("x").getParent());
        System.out.println("Chat: " + now.layout().page());
        return allReady;
    }
}
