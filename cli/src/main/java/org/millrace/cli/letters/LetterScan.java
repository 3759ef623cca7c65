package org.millrace.cli.letters;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.millrace.exactlyonce.DeadLetterReplay;
import org.millrace.exactlyonce.TransactionalLoop;

/// Reads the letters of one topic after another, and keeps the newest of each.
final class LetterScan implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KafkaConsumer<String, byte[]> consumer;
    private final int most;

    /// @param waiting letters that no replay has come to yet
    /// @param newest oldest of them first
    record Letters(long count, long waiting, List<ConsumerRecord<String, byte[]>> newest) {}

    LetterScan(String bootstrap, int most) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.consumerSettings(DeadLetterReplay.GROUP));
        settings.put("bootstrap.servers", bootstrap);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
        this.consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        this.most = most;
    }

    /// @throws TimeoutException if the broker stops to answer
    Letters of(String topic) {
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        Map<TopicPartition, OffsetAndMetadata> replayed = consumer.committed(new HashSet<>(partitions));
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Deque<ConsumerRecord<String, byte[]>> newest = new ArrayDeque<>();
        long count = 0;
        long waiting = 0;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<String, byte[]> letter : consumer.poll(Duration.ofMillis(200))) {
                OffsetAndMetadata done = replayed.get(new TopicPartition(topic, letter.partition()));
                count++;
                waiting += done == null || letter.offset() >= done.offset() ? 1 : 0;
                newest.add(letter);
                if (newest.size() > most) {
                    newest.remove();
                }
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("no record of %s within %d s".formatted(topic, PATIENCE.toSeconds()));
            }
        }
        return new Letters(count, waiting, List.copyOf(newest));
    }

    @Override
    public void close() {
        consumer.close();
    }
}
