package org.millrace.rollout.kafka;

import java.util.List;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes records in one transaction: readers see all of them, or none. For one thread.
final class Publisher {

    private static final Logger LOGGER = LoggerFactory.getLogger(Publisher.class);

    private final Producer<String, byte[]> producer;

    Publisher(Producer<String, byte[]> producer) {
        this.producer = producer;
    }

    /// Nothing was published, and the producer is ready for the next transaction.
    static final class Aborted extends Exception {

        private static final long serialVersionUID = 1L;

        Aborted(KafkaException cause) {
            super(cause.getMessage(), cause);
        }

        /// True if one of the causes is of this type: the producer wraps what the broker said.
        boolean isDueTo(Class<? extends Throwable> type) {
            for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
                if (type.isInstance(cause)) {
                    return true;
                }
            }
            return false;
        }
    }

    /// Ends whatever transaction a former life of this worker left open.
    void start() {
        producer.initTransactions();
    }

    /// @throws KafkaException if this producer can never publish again: the process must start anew
    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() flushes, and throws if any send failed
    void publish(List<ProducerRecord<String, byte[]>> records) throws Aborted {
        if (records.isEmpty()) {
            return;
        }
        producer.beginTransaction();
        try {
            records.forEach(producer::send);
        } catch (ProducerFencedException | OutOfOrderSequenceException | AuthorizationException e) {
            throw e;
        } catch (KafkaException e) {
            throw abort(e);
        }
        try {
            commit();
        } catch (ProducerFencedException | OutOfOrderSequenceException | AuthorizationException | TimeoutException e) {
            throw e; // after a time-out nobody knows whether it committed: a second delivery will repeat it
        } catch (KafkaException e) {
            throw abort(e);
        }
    }

    /// A commit that timed out may be asked for again, and nothing else may.
    private void commit() {
        try {
            producer.commitTransaction();
        } catch (TimeoutException e) {
            LOGGER.warn("commit timed out, asked for once more", e);
            producer.commitTransaction();
        }
    }

    private Aborted abort(KafkaException cause) {
        producer.abortTransaction();
        return new Aborted(cause);
    }
}
