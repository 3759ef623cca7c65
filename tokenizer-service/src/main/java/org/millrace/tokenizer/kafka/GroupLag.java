package org.millrace.tokenizer.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.millrace.tokenizer.Backlog;

/// How far the group of the present round is behind what a `read_committed` reader can reach. While
/// there is a backlog the figure counts the markers of transactions too; it reaches 0, because
/// [SettlingConsumer] commits behind them.
final class GroupLag implements Backlog, AutoCloseable {

    private static final int SECONDS = 15;
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final Admin admin;
    private final Supplier<String> group;

    /// @param group asked for each time
    GroupLag(Admin admin, Supplier<String> group) {
        this.admin = admin;
        this.group = group;
    }

    @Override
    public long lag() throws IOException {
        Map<TopicPartition, OffsetSpec> firsts = new HashMap<>();
        Map<TopicPartition, OffsetSpec> lasts = new HashMap<>();
        for (TopicDescription topic :
                await(admin.describeTopics(Inputs.TOPICS).allTopicNames()).values()) {
            topic.partitions().forEach(partition -> {
                TopicPartition at = new TopicPartition(topic.name(), partition.partition());
                firsts.put(at, OffsetSpec.earliest());
                lasts.put(at, OffsetSpec.latest());
            });
        }
        // The ends first: what is committed meanwhile makes the figure smaller, never negative.
        Map<TopicPartition, ListOffsetsResultInfo> ends =
                await(admin.listOffsets(lasts, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                        .all());
        Map<TopicPartition, ListOffsetsResultInfo> begins =
                await(admin.listOffsets(firsts).all());
        Map<TopicPartition, OffsetAndMetadata> committed =
                await(admin.listConsumerGroupOffsets(group.get()).partitionsToOffsetAndMetadata());
        long lag = 0;
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : ends.entrySet()) {
            OffsetAndMetadata done = committed.get(end.getKey());
            ListOffsetsResultInfo begin = begins.get(end.getKey());
            long first = begin == null ? 0 : begin.offset();
            long reached = done == null ? first : Math.max(first, done.offset());
            lag += Math.max(0, end.getValue().offset() - reached);
        }
        return lag;
    }

    private static <T> T await(KafkaFuture<T> answer) throws IOException {
        try {
            return answer.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException("the broker refused: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new IOException("no answer from the broker within %d s".formatted(SECONDS), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the broker was asked", e);
        }
    }

    @Override
    public void close() {
        admin.close(CLOSE);
    }
}
