package org.millrace.rollout.kafka;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes replies, each whole or not at all. Replies that wait at the same time share a transaction,
/// so that a commit costs many prompts as much as one.
///
/// [#run] owns the producer, on one thread; [#publish] is for any number of others. If the producer is
/// lost, `run` throws, and so does every `publish`: the process should end and be started again.
final class Publisher implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Publisher.class);
    private static final Duration POLL = Duration.ofMillis(200);

    /// Longer than the producer tries for itself, so that it is the producer that gives up.
    private static final Duration DEADLINE = Duration.ofMinutes(5);

    private final Producer<String, byte[]> producer;
    private final Timer transactions;
    private final BlockingQueue<Parcel> parcels = new LinkedBlockingQueue<>();
    private volatile boolean stopped;
    private volatile boolean ended;

    Publisher(Producer<String, byte[]> producer, Timer transactions) {
        this.producer = producer;
        this.transactions = transactions;
    }

    private record Parcel(List<ProducerRecord<String, byte[]>> records, CompletableFuture<Boolean> published) {

        /// Of no effect on what was published.
        void abandon() {
            published.completeExceptionally(new IllegalStateException("the publisher has ended"));
        }
    }

    /// These records were not published, and trying them again may end in the same way.
    static final class Aborted extends Exception {

        private static final long serialVersionUID = 1L;

        Aborted(Throwable cause) {
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

    /// Returns when readers see the records, all at the same moment.
    ///
    /// @throws IllegalStateException if [#run] has ended; whether the records are visible is not known then
    void publish(List<ProducerRecord<String, byte[]>> records) throws Aborted, InterruptedException {
        if (records.isEmpty()) {
            return;
        }
        Parcel parcel = new Parcel(records, new CompletableFuture<>());
        parcels.add(parcel);
        if (ended) { // nobody looks there any more
            parcel.abandon();
        }
        try {
            parcel.published().get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KafkaException refusal) {
                throw new Aborted(refusal);
            }
            throw new IllegalStateException("the publisher has ended", e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("nothing was published within " + DEADLINE, e);
        }
    }

    @Override
    public void run() {
        List<Parcel> waiting = new ArrayList<>();
        try {
            producer.initTransactions();
            while (!stopped || !parcels.isEmpty()) {
                Parcel first = parcels.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null) {
                    waiting.add(first);
                    parcels.drainTo(waiting);
                    send(waiting);
                    waiting.clear();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the publisher is stopped by stop() alone", e);
        } finally {
            ended = true;
            parcels.drainTo(waiting);
            waiting.forEach(Parcel::abandon);
        }
    }

    /// What waits is still published; then [#run] ends.
    void stop() {
        stopped = true;
    }

    /// All in one transaction; if that fails, each in its own, so that one bad reply fails alone.
    private void send(List<Parcel> waiting) {
        try {
            transact(waiting);
        } catch (KafkaException e) {
            abortOrDie(e);
            if (waiting.size() == 1) {
                LOGGER.warn("a reply was not published", e);
                waiting.getFirst().published().completeExceptionally(e);
            } else {
                LOGGER.warn("{} replies were not published together, each is tried alone", waiting.size(), e);
                waiting.forEach(parcel -> send(List.of(parcel)));
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() flushes, and throws if any send failed
    private void transact(List<Parcel> waiting) {
        long start = System.nanoTime();
        producer.beginTransaction();
        for (Parcel parcel : waiting) {
            parcel.records().forEach(producer::send);
        }
        try {
            producer.commitTransaction();
        } catch (org.apache.kafka.common.errors.TimeoutException e) {
            LOGGER.warn("commit timed out, asked for once more", e);
            producer.commitTransaction(); // nothing else may be asked for; if it fails too, the abort does
        }
        transactions.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        waiting.forEach(parcel -> parcel.published().complete(true));
    }

    private void abortOrDie(KafkaException failure) {
        if (failure instanceof ProducerFencedException
                || failure instanceof OutOfOrderSequenceException
                || failure instanceof AuthorizationException) {
            throw failure;
        }
        try {
            producer.abortTransaction();
        } catch (KafkaException | IllegalStateException e) {
            failure.addSuppressed(e);
            throw failure; // beyond an abort: only a new producer finds out how the transaction ended
        }
    }
}
