package org.millrace.cli;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.millrace.cli.runtime.Layout;
import org.millrace.cli.runtime.Supervisor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The process behind `up`: runs the supervisor until it is told to end.
@Command(name = "supervise", hidden = true, description = "Runs the local system in the foreground.")
final class SuperviseCommand implements Runnable {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(names = "--free-ports")
    private boolean freePorts;

    @Option(names = "--set", paramLabel = "NAME=VALUE")
    private Map<String, String> settings = Map.of();

    @Override
    public void run() {
        CountDownLatch end = new CountDownLatch(1);
        try {
            Supervisor supervisor = new Supervisor(
                    state.home(), freePorts ? Layout.free() : Layout.standard(), settings, System.out::println);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                supervisor.close();
                end.countDown();
            }));
            supervisor.start();
            end.await(); // the shutdown hook ends the process
        } catch (IOException e) {
            throw new Failure("Could not start: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
