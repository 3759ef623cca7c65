package org.millrace.crawler.kafka;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/// Where the log ends now, and how far a group has come.
final class LogEnds {

    private static final int DEADLINE_SECONDS = 20;

    private final Admin admin;

    LogEnds(Admin admin) {
        this.admin = admin;
    }

    /// What was appended so far, open transactions included: a reader of committed records who has
    /// come this far has missed none of them.
    Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) throws IOException {
        return ends(partitions, IsolationLevel.READ_UNCOMMITTED);
    }

    /// Up to where all transactions are decided.
    Map<TopicPartition, Long> decided(Collection<TopicPartition> partitions) throws IOException {
        return ends(partitions, IsolationLevel.READ_COMMITTED);
    }

    private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions, IsolationLevel isolation)
            throws IOException {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        await(admin.listOffsets(latest, new ListOffsetsOptions(isolation)).all())
                .forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    List<TopicPartition> partitions(List<String> topics) throws IOException {
        return await(admin.describeTopics(topics).allTopicNames()).values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(TopicPartitionInfo::partition)
                        .map(partition -> new TopicPartition(topic.name(), partition)))
                .toList();
    }

    /// What tells these topics from others of the same names, made later or elsewhere.
    String identity(List<String> topics) throws IOException {
        Map<String, TopicDescription> described =
                await(admin.describeTopics(topics).allTopicNames());
        return topics.stream()
                .map(described::get)
                .map(topic ->
                        "%s of %d".formatted(topic.topicId(), topic.partitions().size()))
                .collect(Collectors.joining(", "));
    }

    Map<TopicPartition, Long> committed(String group) throws IOException {
        Map<TopicPartition, Long> committed = new HashMap<>();
        Map<TopicPartition, OffsetAndMetadata> offsets =
                await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        offsets.forEach((partition, offset) -> committed.put(partition, offset == null ? 0 : offset.offset()));
        return committed;
    }

    private static <T> T await(KafkaFuture<T> answer) throws IOException {
        try {
            return answer.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the broker did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the broker", e);
        }
    }
}
