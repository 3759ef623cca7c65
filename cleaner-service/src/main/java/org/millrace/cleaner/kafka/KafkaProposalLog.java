package org.millrace.cleaner.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentProposed;

/// Reads the only partition of the proposals with consumers of its own. For one thread.
final class KafkaProposalLog implements ProposalLog {

    private static final String TOPIC = Events.topicName(DocumentProposed.class);
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

    private final Supplier<? extends Consumer<String, byte[]>> stretches;
    private final Supplier<? extends Consumer<String, byte[]>> singles;
    private final Supplier<? extends Admin> admins;
    private final Runnable stillReading;
    private @Nullable Consumer<String, byte[]> single;

    /// @param stretches make readers of committed records, without a group, that start at the earliest
    ///     record where the asked one has expired
    /// @param singles the same, for one record at a time
    /// @param stillReading called after each poll of a stretch, as it may take long
    KafkaProposalLog(
            Supplier<? extends Consumer<String, byte[]>> stretches,
            Supplier<? extends Consumer<String, byte[]>> singles,
            Supplier<? extends Admin> admins,
            Runnable stillReading) {
        this.stretches = stretches;
        this.singles = singles;
        this.admins = admins;
        this.stillReading = stillReading;
    }

    @Override
    public String name() {
        try (Admin admin = admins.get()) {
            String cluster = await(admin.describeCluster().clusterId());
            TopicDescription topic =
                    await(admin.describeTopics(List.of(TOPIC)).allTopicNames()).get(TOPIC);
            if (topic == null) {
                throw new UnknownTopicOrPartitionException(TOPIC);
            }
            return cluster + "/" + topic.topicId();
        }
    }

    private static <T> T await(KafkaFuture<T> answer) {
        try {
            return answer.get(LONGEST_SILENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("the broker did not describe " + TOPIC, e);
        } catch (InterruptedException e) {
            throw new InterruptException("interrupted while " + TOPIC + " was described", e);
        }
    }

    @Override
    public void read(long from, long to, java.util.function.Consumer<ConsumerRecord<String, byte[]>> sink) {
        if (from >= to) {
            return;
        }
        try (Consumer<String, byte[]> consumer = stretches.get()) {
            consumer.assign(List.of(PARTITION));
            consumer.seek(PARTITION, from);
            long position = from;
            long heard = System.nanoTime();
            while (position < to) {
                ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
                for (ConsumerRecord<String, byte[]> record : records.records(PARTITION)) {
                    if (record.offset() < to) {
                        sink.accept(record);
                    }
                }
                stillReading.run();
                long now = System.nanoTime();
                if (consumer.position(PARTITION) > position) {
                    position = consumer.position(PARTITION);
                    heard = now;
                } else if (now - heard > LONGEST_SILENCE.toNanos()) {
                    throw new TimeoutException(PARTITION + ": no record at " + position + " for " + LONGEST_SILENCE);
                }
            }
        }
    }

    @Override
    public Optional<ConsumerRecord<String, byte[]>> at(long offset) {
        if (single == null) {
            single = singles.get();
            single.assign(List.of(PARTITION));
        }
        single.seek(PARTITION, offset);
        long deadline = System.nanoTime() + LONGEST_SILENCE.toNanos();
        while (System.nanoTime() < deadline) {
            List<ConsumerRecord<String, byte[]>> records = single.poll(POLL).records(PARTITION);
            if (!records.isEmpty()) {
                return Optional.of(records.getFirst()).filter(record -> record.offset() == offset);
            }
            if (single.position(PARTITION) > offset) {
                return Optional.empty();
            }
        }
        throw new TimeoutException(PARTITION + ": no record at " + offset + " for " + LONGEST_SILENCE);
    }

    @Override
    public void close() {
        if (single != null) {
            single.close();
        }
    }
}
