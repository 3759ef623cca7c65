package org.millrace.tokenizer.kafka;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.millrace.proto.events.v1.ShardWritten.Source;
import org.millrace.tokenizer.ShardGroup;

/// Which stretches of the log the shards of one batch are made of. With the ids in a shard it says which
/// record each of its sequences was.
final class Lineage {

    private static final Comparator<TopicPartition> ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    private final Map<ShardGroup, SortedMap<TopicPartition, Stretch>> stretches = new HashMap<>();

    /// The record is a sequence in the shard of the group.
    void add(ShardGroup group, ConsumerRecord<?, ?> record) {
        stretches
                .computeIfAbsent(group, g -> new TreeMap<>(ORDER))
                .merge(
                        new TopicPartition(record.topic(), record.partition()),
                        new Stretch(record.offset(), record.offset()),
                        Stretch::with);
    }

    List<Source> sources(ShardGroup group) {
        return stretches.getOrDefault(group, new TreeMap<>(ORDER)).entrySet().stream()
                .map(of -> Source.newBuilder()
                        .setTopic(of.getKey().topic())
                        .setPartition(of.getKey().partition())
                        .setFirstOffset(of.getValue().first)
                        .setLastOffset(of.getValue().last)
                        .build())
                .toList();
    }

    private record Stretch(long first, long last) {

        Stretch with(Stretch other) {
            return new Stretch(Math.min(first, other.first), Math.max(last, other.last));
        }
    }
}
