package org.millrace.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.millrace.broker.Broker;
import org.millrace.events.Topics;

/// A broker with every topic of the contracts: in a static field for a test class, in an instance field
/// for each test anew. In between is one whose topics and groups are made anew for each test: its tests find
/// nothing of each other, and start no broker each.
///
/// ```java
/// @RegisterExtension
/// static final BrokerExtension BROKER = new BrokerExtension();
///
/// @RegisterExtension
/// static final BrokerExtension EMPTIED = BrokerExtension.emptiedForEachTest();
/// ```
public final class BrokerExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(10);

    private @Nullable Path data;
    private @Nullable Broker broker;

    private final boolean emptied;
    private boolean perTest;
    private boolean used;

    public BrokerExtension() {
        this(false);
    }

    private BrokerExtension(boolean emptied) {
        this.emptied = emptied;
    }

    /// For a static field. Whoever a test has started must be closed at its end: the next test waits a minute for a
    /// group with members, and fails.
    public static BrokerExtension emptiedForEachTest() {
        return new BrokerExtension(true);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        startFresh();
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        if (broker == null) {
            perTest = true;
            startFresh();
        } else if (emptied && used) {
            empty(DEADLINE);
        }
        used = true;
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

    /// @param patience with groups that have members
    void empty(Duration patience) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            deleteGroups(admin, patience);
            answer(admin.deleteTopics(answer(admin.listTopics().names())).all());
            awaitNone(admin);
            Topics.create(admin, DEADLINE);
        }
    }

    /// One that has members yet, who have been told to leave, is deleted when they have left.
    private static void deleteGroups(Admin admin, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        for (List<String> groups = groups(admin); !groups.isEmpty(); groups = groups(admin)) {
            try {
                admin.deleteConsumerGroups(groups).all().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof GroupNotEmptyException
                        || e.getCause() instanceof GroupIdNotFoundException)) {
                    throw notEmptied(e);
                }
                if (System.nanoTime() - end > 0) {
                    throw new IllegalStateException(
                            "groups: expected none with members after %s, got %s".formatted(patience, groups(admin)),
                            e);
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            } catch (InterruptedException | TimeoutException e) {
                throw notEmptied(e);
            }
        }
    }

    private static List<String> groups(Admin admin) {
        return answer(admin.listGroups().all()).stream()
                .map(GroupListing::groupId)
                .toList();
    }

    /// It is the controller that deletes them, and the broker hears of it later.
    private static void awaitNone(Admin admin) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!answer(admin.listTopics().names()).isEmpty()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("the broker still has topics after " + DEADLINE);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private static <T> T answer(KafkaFuture<T> asked) {
        try {
            return asked.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw notEmptied(e);
        }
    }

    private static IllegalStateException notEmptied(Exception e) {
        return new IllegalStateException("the broker was not emptied: " + e.getMessage(), e);
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
