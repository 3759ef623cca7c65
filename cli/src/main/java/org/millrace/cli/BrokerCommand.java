package org.millrace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.millrace.broker.Broker;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Runs the embedded broker until the process is told to end.
@Command(
        name = "broker",
        mixinStandardHelpOptions = true,
        description = "Runs the embedded Kafka broker alone (for one machine; production brings its own Kafka).")
final class BrokerCommand implements Runnable {

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the log; kept between runs.")
    @SuppressWarnings("NullAway.Init")
    private Path data;

    @Option(
            names = "--port",
            defaultValue = "9092",
            paramLabel = "PORT",
            description = "Port on 127.0.0.1 (default: ${DEFAULT-VALUE}).")
    private int port;

    @Override
    public void run() {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (Broker broker = Broker.start(data, port)) {
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                end.countDown();
                try {
                    if (!closed.await(20, TimeUnit.SECONDS)) {
                        System.err.println("the log was not closed within 20 s; it is recovered at the next start");
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            System.out.println("broker on " + broker.bootstrapServers());
            end.await();
        } catch (IOException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closed.countDown();
        }
    }
}
