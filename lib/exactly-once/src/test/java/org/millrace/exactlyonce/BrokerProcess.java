package org.millrace.exactlyonce;

import java.io.IOException;
import java.nio.file.Path;
import org.millrace.broker.Broker;

/// A broker in a process of its own, for tests that kill it: `BrokerProcess DIRECTORY PORT`. Prints one line
/// when it serves.
final class BrokerProcess {

    private BrokerProcess() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (Broker broker = Broker.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]))) {
            System.out.println(broker.port());
            Thread.currentThread().join();
        }
    }
}
