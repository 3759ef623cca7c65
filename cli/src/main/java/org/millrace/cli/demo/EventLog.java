package org.millrace.cli.demo;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.data.kafka.Sending;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;

/// The demo's view of the log: publishes what users would, and follows what services say.
final class EventLog {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String bootstrap;
    private final Events events = new Events("demo");

    EventLog(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    /// Publishes all, and returns when the broker has them.
    <M extends Message> void publish(List<M> messages, Function<M, String> key) {
        try {
            Sending.all(
                    bootstrap,
                    messages.stream()
                            .map(message -> events.record(key.apply(message), message))
                            .toList());
        } catch (Sending.Refused e) {
            throw new IllegalStateException("the broker did not take the events: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while publishing", e);
        }
    }

    /// Follows the topic of `type` from its beginning.
    <M extends Message> Follower<M> follow(Class<M> type) {
        return new Follower<>(bootstrap, type);
    }

    /// Reads a topic from its beginning, committed records only, without a consumer group.
    static final class Follower<M extends Message> implements AutoCloseable {

        private final KafkaConsumer<String, byte[]> consumer;
        private final Class<M> type;

        private Follower(String bootstrap, Class<M> type) {
            this.type = type;
            Map<String, Object> config = Map.of(
                    "bootstrap.servers",
                    bootstrap,
                    "isolation.level",
                    "read_committed",
                    "enable.auto.commit",
                    false,
                    "max.poll.records",
                    2000);
            this.consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
            String topic = Events.topicName(type);
            Set<TopicPartition> partitions = consumer.partitionsFor(topic, PATIENCE).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .collect(Collectors.toSet());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }

        /// What has come since the last call, waiting up to `wait` for something. A record that nobody
        /// can read has a dead letter of its own and is skipped here.
        List<M> next(Duration wait) {
            List<M> found = new ArrayList<>();
            next(wait, (key, event) -> {
                if (event != null) {
                    found.add(event);
                }
            });
            return found;
        }

        /// The same with keys, for compacted topics: no event under a key takes the one before back.
        void next(Duration wait, BiConsumer<String, @Nullable M> each) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(wait)) {
                String key = record.key() == null ? "" : record.key();
                try {
                    each.accept(key, record.value() == null ? null : Events.read(record, type));
                } catch (BadRecord e) {
                    System.err.println("skipped an unreadable record on " + record.topic() + ": " + e.getMessage());
                }
            }
        }

        /// Whether everything has come that is on the log now.
        boolean atEnd() {
            return consumer.endOffsets(consumer.assignment(), PATIENCE).entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey(), PATIENCE) >= end.getValue());
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
