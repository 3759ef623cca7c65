package org.millrace.trainer.kafka;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.exactlyonce.TransactionalLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything the trainer publishes, in transactions: records that are published together are seen
/// together. Its transactional id makes the trainer the only writer of its topics; an older
/// instance is fenced. Threads may share it.
///
/// A thread of its own publishes, and callers wait for it whatever happens. A stop interrupts the
/// training thread, and a transaction that is interrupted can be neither committed nor aborted: the
/// trainer could not even put its run back into the queue.
final class Publisher implements AutoCloseable {

    static final String SERVICE = "trainer";

    private static final Logger LOGGER = LoggerFactory.getLogger(Publisher.class);

    private final Broker broker;
    private final KafkaProducer<String, byte[]> producer;
    private final Consumer<KafkaException> broken;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("publisher").daemon().factory());

    /// Bad records that have their letters; see [#deadLetter]. Of the publishing thread.
    private final Map<TopicPartition, Judged> judged = new HashMap<>();

    /// Takes over from an earlier instance: its open transaction is aborted.
    ///
    /// @param broken told when nothing can be published any more, whoever asked for it
    Publisher(Broker broker, String instance, Consumer<KafkaException> broken) {
        this.broker = broker;
        this.broken = broken;
        Map<String, Object> settings = broker.settings();
        settings.putAll(TransactionalLoop.producerSettings(SERVICE + "-" + instance));
        settings.put("max.block.ms", broker.deadline().toMillis());
        producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        try {
            producer.initTransactions();
        } catch (RuntimeException e) {
            producer.close();
            throw e;
        }
    }

    /// Returns when the records are committed.
    ///
    /// @throws KafkaException if they are not, or if nobody can know; the process should then end
    void publish(List<ProducerRecord<String, byte[]>> records) {
        publishing(() -> transact(records, Map.of()));
    }

    /// @param earlier up to where an earlier trainer had judged when this one first looked
    /// @param offsets judged by this one, in whatever order it met them
    private record Judged(long earlier, SortedSet<Long> offsets) {}

    /// Puts a record that cannot be used into the dead letters, once: its topic is read again from
    /// the start by later runs, and by later trainers, which pass over what was judged before.
    void deadLetter(ConsumerRecord<String, byte[]> record, String reason) {
        publishing(() -> judge(record, reason));
    }

    private void judge(ConsumerRecord<String, byte[]> record, String reason) {
        var partition = new TopicPartition(record.topic(), record.partition());
        Judged before = judged.computeIfAbsent(partition, first -> new Judged(committed(first), new TreeSet<>()));
        if (record.offset() < before.earlier() || before.offsets().contains(record.offset())) {
            return;
        }
        LOGGER.warn(
                "dead letter: topic={} partition={} offset={} reason={}",
                record.topic(),
                record.partition(),
                record.offset(),
                reason);
        long next = before.offsets().isEmpty()
                ? record.offset() + 1
                : Math.max(before.offsets().last(), record.offset()) + 1;
        transact(List.of(DeadLetters.of(record, SERVICE, reason)), Map.of(partition, new OffsetAndMetadata(next)));
        before.offsets().add(record.offset());
    }

    /// Publishes what was asked for, and nothing more.
    @Override
    public void close() {
        thread.shutdown();
        if (!Uninterruptibles.awaitTerminationUninterruptibly(thread, broker.deadline())) {
            LOGGER.warn("closed in the middle of a transaction, which the next trainer aborts");
        }
        producer.close(broker.deadline());
    }

    private void publishing(Runnable work) {
        try {
            Uninterruptibles.getUninterruptibly(thread.submit(work));
        } catch (RejectedExecutionException e) {
            throw new KafkaException("nothing is published any more: the trainer stops", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException("publishing", e);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() flushes, and throws if any send failed
    private void transact(
            List<ProducerRecord<String, byte[]>> records, Map<TopicPartition, OffsetAndMetadata> offsets) {
        producer.beginTransaction();
        try {
            records.forEach(producer::send);
            if (!offsets.isEmpty()) {
                producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(SERVICE));
            }
            producer.commitTransaction();
        } catch (ProducerFencedException | AuthorizationException | TimeoutException e) {
            broken.accept(e); // beyond an abort; a restart finds out what came of it
            throw e;
        } catch (KafkaException e) {
            abort(e);
            throw e;
        }
    }

    private void abort(KafkaException cause) {
        try {
            producer.abortTransaction();
        } catch (KafkaException e) {
            cause.addSuppressed(e);
            broken.accept(cause);
        }
    }

    private long committed(TopicPartition partition) {
        Map<String, Object> settings = broker.settings();
        settings.put("group.id", SERVICE);
        settings.put("enable.auto.commit", false);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            OffsetAndMetadata position =
                    consumer.committed(Set.of(partition), broker.deadline()).get(partition);
            return position == null ? 0 : position.offset();
        }
    }

    /// The events of this service.
    static Events events() {
        return new Events(SERVICE);
    }
}
