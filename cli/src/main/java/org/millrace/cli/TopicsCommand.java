package org.millrace.cli;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.millrace.events.Topics;
import org.millrace.proto.options.v1.Topic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Creates every topic of the contracts on a Kafka cluster; topics that exist stay as they are.
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        description = "Creates the topics (and their dead-letter topics) on a Kafka cluster, and lists them.")
final class TopicsCommand implements Runnable {

    @Option(
            names = "--bootstrap",
            defaultValue = "${env:KAFKA_BOOTSTRAP_SERVERS:-localhost:9092}",
            paramLabel = "HOST:PORT",
            description = "Kafka to talk to (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String bootstrap;

    @Override
    public void run() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "default.api.timeout.ms", "30000"))) {
            Topics.create(admin, Duration.ofSeconds(60));
        } catch (KafkaException e) {
            throw new Failure("Could not create the topics at %s: %s".formatted(bootstrap, e.getMessage()), e);
        }
        for (Topic topic : Topics.all()) {
            System.out.printf(
                    "%-28s key: %s%s%n", topic.getName(), topic.getKey(), topic.getCompacted() ? " (compacted)" : "");
        }
    }
}
