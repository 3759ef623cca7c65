package org.millrace.cli.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.broker.Broker;
import org.millrace.cli.Failure;

/// The log of a local system, for those who only read it or add to it: that of the broker that is up, or,
/// of a stopped system, its files under a broker that lives as long as this does.
public final class LocalLog implements AutoCloseable {

    private final String bootstrap;
    private final @Nullable Broker broker;

    private LocalLog(String bootstrap, @Nullable Broker broker) {
        this.bootstrap = bootstrap;
        this.broker = broker;
    }

    /// @throws Failure if there is no log in that folder
    public static LocalLog open(Home home) throws IOException {
        Optional<SystemState> now = SystemState.read(home);
        if (now.isPresent() && now.get().supervisor().handle().isPresent()) {
            return new LocalLog(now.get().layout().bootstrapServers(), null);
        }
        if (!Files.isDirectory(home.kafka())) {
            throw new Failure(
                    "There is no log in %s; start a system with ./millrace up, or name another folder with --state."
                            .formatted(home.state()));
        }
        Broker broker = Broker.start(home.kafka(), 0);
        return new LocalLog(broker.bootstrapServers(), broker);
    }

    /// A cluster that is not ours to start or stop.
    public static LocalLog at(String bootstrap) {
        return new LocalLog(bootstrap, null);
    }

    public String bootstrapServers() {
        return bootstrap;
    }

    @Override
    public void close() {
        if (broker != null) {
            broker.close();
        }
    }
}
