package org.millrace.tokenizer.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/// Commits that it passed what nobody reads: the markers of transactions, and records of aborted
/// ones. A batch's transaction commits the offsets of its records; what lies behind the last record
/// of all would stay uncommitted for ever, and the group's lag would never reach 0.
///
/// It does so when a poll finds nothing. All records before its position are then committed, or it
/// would have found them: after an abort the loop seeks back to them.
final class SettlingConsumer extends KafkaConsumer<String, byte[]> {

    private static final Duration SHORT = Duration.ofSeconds(1);

    private final Map<TopicPartition, Long> settled = new HashMap<>();

    SettlingConsumer(Map<String, Object> settings) {
        super(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public ConsumerRecords<String, byte[]> poll(Duration timeout) {
        ConsumerRecords<String, byte[]> batch = super.poll(timeout);
        if (batch.isEmpty()) {
            settle();
        }
        return batch;
    }

    private void settle() {
        settled.keySet().retainAll(assignment());
        try {
            Map<TopicPartition, Long> moved = new HashMap<>();
            for (TopicPartition partition : assignment()) {
                long position = position(partition, SHORT);
                if (position != settled.getOrDefault(partition, -1L)) {
                    moved.put(partition, position);
                }
            }
            if (moved.isEmpty()) {
                return;
            }
            Map<TopicPartition, OffsetAndMetadata> passed = new HashMap<>();
            Map<TopicPartition, OffsetAndMetadata> committed = committed(moved.keySet(), SHORT);
            moved.forEach((partition, position) -> {
                OffsetAndMetadata known = committed.get(partition);
                if (known == null ? position > 0 : position > known.offset()) {
                    passed.put(partition, new OffsetAndMetadata(position));
                }
            });
            if (!passed.isEmpty()) {
                commitSync(passed, SHORT);
            }
            settled.putAll(moved);
        } catch (TimeoutException | RebalanceInProgressException | CommitFailedException e) {
            settled.clear(); // the next empty poll tries again, here or at the partitions' new owner
        }
    }
}
