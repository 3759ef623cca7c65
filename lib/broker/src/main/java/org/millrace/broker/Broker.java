package org.millrace.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/// A Kafka broker and its controller in this JVM, on 127.0.0.1 only, with transactions, share groups and
/// the new group protocol, kept small. The data directory may be used again: records are still there.
///
/// This is the only class that touches Kafka's non-public API.
public final class Broker implements AutoCloseable {

    private static final String HOST = "127.0.0.1";

    /// Below Linux' ephemeral range, so that no outgoing connection takes a port between choice and use.
    private static final int FIRST_FREE = 20_000;

    private static final int LAST_FREE = 32_000;

    /// Kafka tells every step of its life at INFO. Held here because loggers are otherwise collected.
    private static final List<Logger> QUIET =
            List.of(Logger.getLogger("kafka"), Logger.getLogger("org.apache.kafka"), Logger.getLogger("state.change"));

    /// Warns at each start that it becomes what it has to become.
    private static final Logger CONTROLLER = Logger.getLogger("org.apache.kafka.controller.QuorumController");

    private final KafkaRaftServer server;
    private final int port;
    private boolean closed;

    private Broker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /// Starts a broker and returns when it serves.
    ///
    /// @param data directory of its logs; created if missing, continued if it holds a broker's data
    /// @param port where it listens; 0 for a free one
    /// @throws IOException if the port is taken, another broker uses `data`, or it cannot be written
    public static Broker start(Path data, int port) throws IOException {
        QUIET.forEach(logger -> quieten(logger, Level.WARNING));
        quieten(CONTROLLER, Level.SEVERE);
        int chosen = port == 0 ? freePort() : port;
        if (!isFree(chosen)) {
            throw new IOException(
                    "port %d on %s is in use: stop what listens there, or choose another port".formatted(chosen, HOST));
        }
        Path directory = data.toAbsolutePath().normalize();
        Files.createDirectories(directory);
        refuseIfInUse(directory);
        format(directory);
        try {
            var server = new KafkaRaftServer(new KafkaConfig(settings(directory, chosen, freePort())), Time.SYSTEM);
            server.startup();
            return new Broker(server, chosen);
        } catch (RuntimeException e) {
            throw new IOException("no broker on the data in %s: %s".formatted(directory, e.getMessage()), e);
        }
    }

    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    public int port() {
        return port;
    }

    /// Stops the broker and returns when its data is on disk and unlocked.
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            server.shutdown();
            server.awaitShutdown();
        }
    }

    /// Leaves alone what somebody has set.
    private static void quieten(Logger logger, Level level) {
        if (logger.getLevel() == null) {
            logger.setLevel(level);
        }
    }

    /// Kafka would end the whole JVM over this, after it has said so in a stack trace.
    private static void refuseIfInUse(Path directory) throws IOException {
        try (FileChannel lock = FileChannel.open(
                        directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = lock.tryLock()) {
            if (held == null) {
                throw inUse(directory, null);
            }
        } catch (OverlappingFileLockException e) { // by this JVM
            throw inUse(directory, e);
        }
    }

    private static IOException inUse(Path directory, @Nullable Throwable cause) {
        return new IOException(
                "another broker uses %s: stop it, or choose another directory".formatted(directory), cause);
    }

    /// Gives the directory its identity, once.
    private static void format(Path directory) throws IOException {
        if (Files.exists(directory.resolve("meta.properties"))) {
            return;
        }
        try (var silent = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(1)
                    .setControllerListenerName("CONTROLLER")
                    .setMetadataLogDirectory(directory.toString())
                    .addDirectory(directory.toString())
                    .setPrintStream(silent)
                    .run();
        } catch (Exception e) { // the formatter declares nothing narrower
            throw new IOException("cannot prepare %s for a broker: %s".formatted(directory, e.getMessage()), e);
        }
    }

    private static Map<String, Object> settings(Path directory, int port, int controllerPort) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@%s:%d".formatted(HOST, controllerPort));
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("listeners", "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, port, HOST, controllerPort));
        settings.put("log.dirs", directory.toString());
        settings.put("auto.create.topics.enable", "false");

        // One broker holds every internal topic, each in one partition: a laptop has no use for fifty.
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("default.replication.factor", "1");
        settings.put("min.insync.replicas", "1");

        // Small: the defaults are for servers (the cleaner's buffer alone is 128 MiB).
        settings.put("log.cleaner.dedupe.buffer.size", String.valueOf(4 << 20));
        settings.put("log.cleaner.io.buffer.size", String.valueOf(256 << 10));
        settings.put("log.index.size.max.bytes", String.valueOf(1 << 20));
        settings.put("log.segment.bytes", String.valueOf(64 << 20));
        settings.put("num.network.threads", "2");
        settings.put("num.io.threads", "4");
        settings.put("background.threads", "2");
        settings.put("num.recovery.threads.per.data.dir", "2");

        // A local run keeps what it made until its data directory is removed.
        settings.put("log.retention.ms", "-1");

        // Groups start at once, and a killed member is missed within seconds, not a minute.
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("group.min.session.timeout.ms", "1000");
        settings.put("group.consumer.min.session.timeout.ms", "3000");
        settings.put("group.consumer.session.timeout.ms", "10000");
        settings.put("group.consumer.min.heartbeat.interval.ms", "500");
        settings.put("group.consumer.heartbeat.interval.ms", "1000");
        settings.put("group.share.min.session.timeout.ms", "3000");
        settings.put("group.share.session.timeout.ms", "10000");
        settings.put("group.share.min.heartbeat.interval.ms", "500");
        settings.put("group.share.heartbeat.interval.ms", "1000");
        settings.put("group.share.min.record.lock.duration.ms", "1000");
        settings.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
        return settings;
    }

    private static int freePort() throws IOException {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_FREE, LAST_FREE);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no free port on %s between %d and %d".formatted(HOST, FIRST_FREE, LAST_FREE));
    }

    private static boolean isFree(int port) {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true); // as Kafka does: a port in TIME_WAIT is free
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
