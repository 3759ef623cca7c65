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
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.millrace.broker.Broker;
import org.millrace.events.Topics;

/// A broker with every topic of the contracts: in a static field for a test class, in an instance field
/// for each test anew.
///
/// ```java
/// @RegisterExtension
/// static final BrokerExtension BROKER = new BrokerExtension();
/// ```
public final class BrokerExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private @Nullable Path data;
    private @Nullable Broker broker;

    private boolean perTest;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        startFresh();
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        if (broker == null) {
            perTest = true;
            startFresh();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        if (perTest) {
            stopForGood();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        stopForGood();
    }

    private void startFresh() throws IOException {
        data = Files.createTempDirectory("millrace-broker-");
        start(0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Topics.create(admin, DEADLINE);
        }
    }

    private void stopForGood() throws IOException {
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
        broker = Broker.start(Objects.requireNonNull(data, "made before the first start"), port);
    }

    private void stop() {
        if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    private Broker running() {
        return Objects.requireNonNull(broker, "the broker runs while the tests do");
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
