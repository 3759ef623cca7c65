package org.millrace.exactlyonce;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads batches, transforms them, and publishes the results together with the input offsets:
/// a batch's output and its progress become visible at the same moment, or not at all.
///
/// ```text
///   poll ──► begin ──► transform, send ──► add offsets ──► commit ──► poll …
///                            │                                │
///                            │                                └─ timed out: commit once more
///                            ├──── KafkaException: abort, seek back to the batch's start, pause
///                            └──── fenced, timed out twice, ten aborts in a row, any other throw:
///                                  stop, and be restarted
/// ```
///
/// Not thread-safe, on purpose: one loop, one thread, one consumer, one transactional producer.
/// Only [#stop] may be called from elsewhere. The caller owns both clients, and closes them after
/// [#run] returns or throws; a throw means that the process should end and be started again.
///
/// Readers of the output must set `isolation.level` to `read_committed`.
public final class TransactionalLoop implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionalLoop.class);

    /// A batch that is aborted so often will not pass by being tried again here.
    static final int MAX_ABORTS_IN_A_ROW = 10;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final int MAX_DOUBLINGS = 5;

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final BatchTransform transform;
    private final Duration pollTimeout;
    private final Duration firstPause;
    private int abortsInARow;
    private volatile boolean stopped;

    public TransactionalLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            BatchTransform transform,
            Duration pollTimeout) {
        this(consumer, producer, transform, pollTimeout, FIRST_PAUSE);
    }

    TransactionalLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            BatchTransform transform,
            Duration pollTimeout,
            Duration firstPause) {
        this.consumer = consumer;
        this.producer = producer;
        this.transform = transform;
        this.pollTimeout = pollTimeout;
        this.firstPause = firstPause;
    }

    /// What the loop's consumer must be set to, whatever else it is set to.
    public static Map<String, Object> consumerSettings(String group) {
        return Map.of(
                ConsumerConfig.GROUP_ID_CONFIG,
                group,
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
                if (!batch.isEmpty()) {
                    process(batch);
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

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() flushes, and throws if any send failed
    private void process(ConsumerRecords<String, byte[]> batch) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>(batch.count());
        batch.forEach(records::add);
        producer.beginTransaction();
        try {
            transform.apply(records).forEach(producer::send);
            producer.sendOffsetsToTransaction(batch.nextOffsets(), consumer.groupMetadata());
            commit();
            abortsInARow = 0;
        } catch (ProducerFencedException
                | OutOfOrderSequenceException
                | AuthorizationException
                | UnsupportedVersionException e) {
            throw e; // this producer can never commit again
        } catch (CommitUnknown e) {
            throw e.cause; // the commit may yet succeed, so it must not be aborted: only a restart finds out
        } catch (KafkaException e) {
            LOGGER.warn("batch of {} records aborted, will be retried", batch.count(), e);
            producer.abortTransaction(); // throws if the producer is beyond an abort, and so ends the loop
            if (++abortsInARow == MAX_ABORTS_IN_A_ROW) {
                throw e;
            }
            rewind(batch);
            pause();
        }
    }

    /// Longer after each abort, so that a broker in trouble is not pressed: 50 ms to 1.6 s.
    private void pause() {
        try {
            Thread.sleep(firstPause.multipliedBy(1L << Math.min(abortsInARow - 1, MAX_DOUBLINGS)));
        } catch (InterruptedException e) {
            throw new InterruptException("interrupted between two tries of a batch", e);
        }
    }

    /// A commit that timed out may be asked for again, but nothing else may be asked for. If it timed out
    /// because a send did, the second try says so with a plain [KafkaException], and the batch is aborted.
    private void commit() {
        try {
            producer.commitTransaction();
        } catch (TimeoutException e) {
            LOGGER.warn("commit timed out, asked for once more", e);
            try {
                producer.commitTransaction();
            } catch (TimeoutException again) {
                throw new CommitUnknown(again);
            }
        }
    }

    /// Partitions lost in a rebalance are skipped: their new owner starts from the committed offset.
    private void rewind(ConsumerRecords<String, byte[]> batch) {
        for (TopicPartition partition : batch.partitions()) {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, batch.records(partition).getFirst().offset());
            }
        }
    }

    /// Tells a time-out of the commit from one of a send, which can be aborted.
    private static final class CommitUnknown extends RuntimeException {

        private final TimeoutException cause;

        CommitUnknown(TimeoutException cause) {
            super(cause);
            this.cause = cause;
        }
    }
}
