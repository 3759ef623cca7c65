package org.millrace.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.millrace.broker.Broker;
import org.millrace.events.Topics;

/// A broker of its own for a test class, with every topic of the contracts:
///
/// ```java
/// @RegisterExtension
/// static final BrokerExtension BROKER = new BrokerExtension();
/// ```
public final class BrokerExtension implements BeforeAllCallback, AfterAllCallback {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private @Nullable Path data;
    private @Nullable Broker broker;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        data = Files.createTempDirectory("millrace-broker-");
        start(0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Topics.create(admin, DEADLINE);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        stop();
        if (data != null) {
            delete(data);
        }
    }

    public String bootstrapServers() {
        return running().bootstrapServers();
    }

    /// Stops the broker and starts it again, on the same port and data.
    public void restart() throws IOException {
        int port = running().port();
        stop();
        start(port);
    }

    private void start(int port) throws IOException {
        broker = Broker.start(Objects.requireNonNull(data, "beforeAll makes the directory"), port);
    }

    private void stop() {
        if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    private Broker running() {
        return Objects.requireNonNull(broker, "the broker runs from beforeAll to afterAll");
    }

    static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
