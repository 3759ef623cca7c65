package org.millrace.exactlyonce;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Commits records and offsets together, one transaction after another, and tells failures that
/// pass from those that do not.
///
/// ```text
///   begin ──► send ──► flush ──► add offsets ──► commit
///               │                                   │
///               │                                   └─ timed out: commit once more
///               ├──── KafkaException: abort, pause, and the caller may try again
///               └──── fenced, timed out twice, ten aborts in a row, any other throw:
///                     the process should end and be started again
/// ```
///
/// For one thread. The caller has called `initTransactions`, and closes the producer.
public final class Transactions {

    private static final Logger LOGGER = LoggerFactory.getLogger(Transactions.class);

    /// What is aborted so often will not pass by being tried again here.
    static final int MAX_ABORTS_IN_A_ROW = 10;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final int MAX_DOUBLINGS = 5;

    private final Producer<String, byte[]> producer;
    private final Duration firstPause;
    private int abortsInARow;

    public Transactions(Producer<String, byte[]> producer) {
        this(producer, FIRST_PAUSE);
    }

    Transactions(Producer<String, byte[]> producer, Duration firstPause) {
        this.producer = producer;
        this.firstPause = firstPause;
    }

    /// Runs one transaction.
    ///
    /// @param output makes the records to send; if it throws a [KafkaException] all is aborted, and
    ///     any other throw leaves the transaction to the next producer with this one's id
    /// @param offsets to go on from once the records are visible
    /// @param group asked last, when the records are on the log: whoever takes the partitions over
    ///     then waits for this transaction's end
    /// @return false if it was aborted: nothing of it is visible, and it may be tried again at once
    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() throws if any send failed
    public boolean commit(
            Supplier<List<ProducerRecord<String, byte[]>>> output,
            Map<TopicPartition, OffsetAndMetadata> offsets,
            Supplier<ConsumerGroupMetadata> group) {
        producer.beginTransaction();
        try {
            output.get().forEach(producer::send);
            producer.flush();
            producer.sendOffsetsToTransaction(offsets, group.get());
            commitOnceMoreAfterTimeout();
            abortsInARow = 0;
            return true;
        } catch (ProducerFencedException
                | OutOfOrderSequenceException
                | AuthorizationException
                | UnsupportedVersionException e) {
            throw e; // this producer can never commit again
        } catch (CommitUnknown e) {
            throw e.cause; // the commit may yet succeed, so it must not be aborted: only a restart finds out
        } catch (KafkaException e) {
            LOGGER.warn("transaction aborted, will be retried", e);
            producer.abortTransaction(); // throws if the producer is beyond an abort
            if (++abortsInARow == MAX_ABORTS_IN_A_ROW) {
                throw e;
            }
            pause();
            return false;
        }
    }

    /// A commit that timed out may be asked for again, but nothing else may be asked for. If it timed
    /// out because a send did, the second try says so with a plain [KafkaException], and all is aborted.
    private void commitOnceMoreAfterTimeout() {
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

    /// Longer after each abort, so that a broker in trouble is not pressed: 50 ms to 1.6 s.
    private void pause() {
        try {
            Thread.sleep(firstPause.multipliedBy(1L << Math.min(abortsInARow - 1, MAX_DOUBLINGS)));
        } catch (InterruptedException e) {
            throw new InterruptException("interrupted between two tries of a transaction", e);
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
