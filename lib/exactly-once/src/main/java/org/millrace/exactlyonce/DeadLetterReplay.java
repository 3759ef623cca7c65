package org.millrace.exactlyonce;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;

/// Sends the dead letters of a topic back to it, each once: the records and the place up to which letters
/// are replayed are committed in one transaction. So a second replay finds nothing to do, and one that is
/// killed is gone on with by the next.
///
/// ```text
///   topic.dlq   ──── replayed before ────┤──── replayed now ────┤ what comes meanwhile waits
///                                        committed offset       end at the start
/// ```
///
/// A record that is still broken comes back as a new letter that counts its replays. It lies behind the end
/// at the start, so no replay follows its own letters; and what was tried too often is passed over.
public final class DeadLetterReplay {

    /// The group whose offsets say what is replayed.
    public static final String GROUP = "dead-letters";

    private static final Duration POLL = Duration.ofMillis(200);

    private final Map<String, Object> broker;
    private final int mostReplays;
    private final Duration patience;

    /// What became of the letters.
    ///
    /// @param replayed sent back to their topic
    /// @param givenUp passed over, as they were replayed too often
    /// @param foreign passed over, as their headers do not say that they are letters of this topic
    public record Outcome(int replayed, int givenUp, int foreign) {}

    /// @param broker connection settings
    /// @param mostReplays a letter that was replayed so often is not again, at least 1
    /// @param patience how long the broker may give no record and no answer
    public DeadLetterReplay(Map<String, Object> broker, int mostReplays, Duration patience) {
        if (mostReplays < 1) {
            throw new IllegalArgumentException("mostReplays: expected at least 1, got " + mostReplays);
        }
        this.broker = Map.copyOf(broker);
        this.mostReplays = mostReplays;
        this.patience = patience;
    }

    /// Replays what is there now. A replay of the same topic that runs meanwhile is fenced off by this one.
    ///
    /// @param topic whose letters to replay, without `.dlq`
    /// @throws ProducerFencedException if another replay of this topic was started after this one
    /// @throws TimeoutException if the broker stops to answer
    public Outcome replay(String topic) {
        String letters = Events.deadLetterTopic(topic);
        try (KafkaProducer<String, byte[]> producer = producer(topic);
                KafkaConsumer<String, byte[]> consumer = consumer()) {
            // First, for it decides what an earlier replay left open: only then do its offsets tell.
            producer.initTransactions();
            List<TopicPartition> partitions = consumer.partitionsFor(letters).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            return replay(consumer, new Transactions(producer), consumer.endOffsets(partitions));
        }
    }

    private Outcome replay(
            KafkaConsumer<String, byte[]> consumer, Transactions transactions, Map<TopicPartition, Long> ends) {
        Outcome sum = new Outcome(0, 0, 0);
        long deadline = System.nanoTime() + patience.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            ConsumerRecords<String, byte[]> polled = consumer.poll(POLL);
            Batch batch = new Batch();
            for (ConsumerRecord<String, byte[]> letter : polled) {
                TopicPartition partition = new TopicPartition(letter.topic(), letter.partition());
                if (letter.offset() < ends.getOrDefault(partition, 0L)) {
                    batch.add(letter);
                }
            }
            if (!batch.next.isEmpty()) {
                if (transactions.commit(() -> batch.output, batch.next, consumer::groupMetadata)) {
                    sum = new Outcome(
                            sum.replayed + batch.output.size(),
                            sum.givenUp + batch.givenUp,
                            sum.foreign + batch.foreign);
                } else {
                    rewind(consumer, polled);
                }
                deadline = System.nanoTime() + patience.toNanos();
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("no dead letter came within " + patience.toSeconds() + " s");
            }
        }
        return sum;
    }

    private static void rewind(KafkaConsumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> polled) {
        for (TopicPartition partition : polled.partitions()) {
            consumer.seek(partition, polled.records(partition).getFirst().offset());
        }
    }

    /// What one transaction does.
    private final class Batch {

        private final List<ProducerRecord<String, byte[]>> output = new ArrayList<>();
        private final Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        private int givenUp;
        private int foreign;

        void add(ConsumerRecord<String, byte[]> letter) {
            next.put(
                    new TopicPartition(letter.topic(), letter.partition()), new OffsetAndMetadata(letter.offset() + 1));
            if (DeadLetters.replays(letter) >= mostReplays) {
                givenUp++;
                return;
            }
            try {
                output.add(DeadLetters.replayed(letter));
            } catch (BadRecord e) {
                foreign++; // somebody else wrote it: it stays where it is, for people
            }
        }
    }

    private KafkaProducer<String, byte[]> producer(String topic) {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.putAll(TransactionalLoop.producerSettings(GROUP + "-" + topic));
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    private KafkaConsumer<String, byte[]> consumer() {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.putAll(TransactionalLoop.consumerSettings(GROUP));
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 100);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) patience.toMillis());
        return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }
}
