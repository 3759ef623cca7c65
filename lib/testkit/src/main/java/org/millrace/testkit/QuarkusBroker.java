package org.millrace.testkit;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.millrace.broker.Broker;
import org.millrace.events.Topics;

/// A broker with every topic, an empty artifact store and a scratch directory for a `@QuarkusTest`:
/// `@QuarkusTestResource(QuarkusBroker.class)`. The service finds them as it does in production, by
/// `KAFKA_BOOTSTRAP_SERVERS`, `MILLRACE_ARTIFACTS` and `MILLRACE_DATA`.
public final class QuarkusBroker implements QuarkusTestResourceLifecycleManager {

    private @Nullable Path directory;
    private @Nullable Broker broker;

    @Override
    public Map<String, String> start() {
        try {
            Path directory = Files.createTempDirectory("millrace-quarkus-");
            this.directory = directory;
            Broker broker = Broker.start(directory.resolve("broker"), 0);
            this.broker = broker;
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
                Topics.create(admin, Duration.ofSeconds(60));
            }
            return Map.of(
                    "KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers(),
                    "kafka.bootstrap.servers", broker.bootstrapServers(),
                    "MILLRACE_ARTIFACTS", directory.resolve("artifacts").toUri().toString(),
                    "MILLRACE_DATA", directory.resolve("data").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        try {
            if (broker != null) {
                broker.close();
            }
            if (directory != null) {
                BrokerExtension.delete(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
