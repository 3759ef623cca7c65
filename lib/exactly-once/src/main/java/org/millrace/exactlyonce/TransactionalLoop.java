package org.millrace.exactlyonce;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/// Reads batches, transforms them, and publishes the results together with the input offsets:
/// a batch's output and its progress become visible at the same moment, or not at all.
///
/// ```text
///   poll ──► transform ──► commit records and offsets ──► poll …
///                                     │
///                                     └─ aborted: seek back to the batch's start
/// ```
///
/// [Transactions] says which failures are tried again, and which end the loop.
///
/// Not thread-safe, on purpose: one loop, one thread, one consumer, one transactional producer.
/// Only [#stop] may be called from elsewhere. The caller owns both clients, and closes them after
/// [#run] returns or throws; a throw means that the process should end and be started again.
///
/// Readers of the output take [#readerSettings].
public final class TransactionalLoop implements Runnable {

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final BatchTransform transform;
    private final Duration pollTimeout;
    private final Transactions transactions;
    private volatile boolean stopped;
    private volatile long lag;

    public TransactionalLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            BatchTransform transform,
            Duration pollTimeout) {
        this(consumer, producer, transform, pollTimeout, new Transactions(producer));
    }

    TransactionalLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            BatchTransform transform,
            Duration pollTimeout,
            Transactions transactions) {
        this.consumer = consumer;
        this.producer = producer;
        this.transform = transform;
        this.pollTimeout = pollTimeout;
        this.transactions = transactions;
    }

    /// What the loop's consumer must be set to, whatever else it is set to.
    public static Map<String, Object> consumerSettings(String group) {
        Map<String, Object> settings = new HashMap<>(readerSettings());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        return settings;
    }

    /// What anybody must set who reads our topics, in a group or for himself: whole transactions,
    /// from the first record that is kept.
    public static Map<String, Object> readerSettings() {
        return Map.of(
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest");
    }

    /// What the loop's producer must be set to, whatever else it is set to.
    ///
    /// Compressed input may unfold to more than a producer accepts by default, and its dead letter must
    /// not fail: hence 64 MiB a record, compressed again on the way out.
    public static Map<String, Object> producerSettings(String transactionalId) {
        return Map.of(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                transactionalId,
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                64 << 20,
                ProducerConfig.BUFFER_MEMORY_CONFIG,
                96L << 20,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "zstd");
    }

    @Override
    public void run() {
        producer.initTransactions();
        try {
            while (!stopped) {
                ConsumerRecords<String, byte[]> batch = consumer.poll(pollTimeout);
                long behind = behind();
                lag = behind + batch.count();
                if (!batch.isEmpty() && process(batch)) {
                    lag = behind;
                }
            }
        } catch (WakeupException e) {
            if (!stopped) {
                throw e;
            }
        }
    }

    /// Lets the batch in hand finish, then ends [#run].
    public void stop() {
        stopped = true;
        consumer.wakeup();
    }

    /// Records of this instance's partitions that are on the log and not done, as the last poll saw it. Marks
    /// of transactions among them count too, so it may be a little too high. Any thread may ask.
    public long lag() {
        return lag;
    }

    /// Records behind the last poll. A partition that was not fetched from yet counts for nothing.
    private long behind() {
        return consumer.assignment().stream()
                .mapToLong(partition -> consumer.currentLag(partition).orElse(0))
                .sum();
    }

    /// @return whether it is done
    private boolean process(ConsumerRecords<String, byte[]> batch) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>(batch.count());
        batch.forEach(records::add);
        if (!transactions.commit(() -> transform.apply(records), batch.nextOffsets(), consumer::groupMetadata)) {
            rewind(batch);
            return false;
        }
        return true;
    }

    /// Partitions lost in a rebalance are skipped: their new owner starts from the committed offset.
    private void rewind(ConsumerRecords<String, byte[]> batch) {
        for (TopicPartition partition : batch.partitions()) {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, batch.records(partition).getFirst().offset());
            }
        }
    }
}
