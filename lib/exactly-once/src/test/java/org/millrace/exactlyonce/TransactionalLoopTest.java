package org.millrace.exactlyonce;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.events.BadRecord;

class TransactionalLoopTest {

    private static final TopicPartition INPUT = new TopicPartition("in", 0);

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name());
    private final ForgetfulProducer producer = new ForgetfulProducer();
    private final TransactionalLoop loop = new TransactionalLoop(
            consumer, producer, BatchTransform.each("shouter", TransactionalLoopTest::upperCase), Duration.ZERO);

    private int attempts;

    @BeforeEach
    void assignOnePartition() {
        consumer.assign(List.of(INPUT));
        consumer.updateBeginningOffsets(Map.of(INPUT, 0L));
    }

    @Test
    void outputAndOffsetsCommitTogether() {
        consumer.schedulePollTask(() -> add(0, "a"));
        consumer.schedulePollTask(loop::stop);

        loop.run();

        assertThat(output()).containsExactly("A");
        assertThat(producer.consumerGroupOffsetsHistory()).hasSize(1);
        assertThat(producer.consumerGroupOffsetsHistory().getFirst().values())
                .allSatisfy(offsets -> assertThat(offsets).isEqualTo(Map.of(INPUT, new OffsetAndMetadata(1, ""))));
    }

    /// Whoever takes the partitions over meanwhile then waits for this transaction's end.
    @Test
    void theGroupIsAskedWhenTheRecordsAreOnTheLog() {
        consumer.schedulePollTask(() -> add(0, "a"));
        consumer.schedulePollTask(loop::stop);

        loop.run();

        assertThat(producer.calls).startsWith("send", "flush", "offsets", "commit");
    }

    @Test
    void aBadRecordIsADeadLetterInTheSameTransaction() {
        consumer.schedulePollTask(() -> {
            add(0, "a");
            add(1, "bad");
            add(2, "c");
        });
        consumer.schedulePollTask(loop::stop);

        loop.run();

        assertThat(producer.history()).extracting(ProducerRecord::topic).containsExactly("out", "in.dlq", "out");
        assertThat(producer.history().get(1).value()).isEqualTo("bad".getBytes(UTF_8));
        assertThat(new String(
                        producer.history()
                                .get(1)
                                .headers()
                                .lastHeader("dlq_reason")
                                .value(),
                        UTF_8))
                .isEqualTo("it says so itself");
        assertThat(producer.commitCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("hiccups")
    void anAbortedBatchIsReadAgain(KafkaException hiccup) {
        producer.commitTransactionException = hiccup;
        consumer.schedulePollTask(() -> add(0, "a"));
        consumer.schedulePollTask(() -> {
            assertThat(consumer.position(INPUT)).isZero();
            producer.commitTransactionException = null;
            loop.stop();
        });

        loop.run();

        assertThat(output()).isEmpty();
        assertThat(producer.consumerGroupOffsetsHistory()).isEmpty();
        assertThat(consumer.position(INPUT)).isZero();
    }

    static List<KafkaException> hiccups() {
        return List.of(
                new KafkaException("broker hiccup"),
                new CommitFailedException("rebalanced"),
                new KafkaException("cannot execute: in an error state", new TimeoutException("a send expired")));
    }

    @Test
    void aPartitionLostInARebalanceIsNotRewound() {
        producer.commitTransactionException = new CommitFailedException("rebalanced");
        consumer.schedulePollTask(() -> add(0, "a"));
        consumer.schedulePollTask(loop::stop);
        producer.beforeCommit = () -> consumer.assign(List.of(new TopicPartition("in", 1)));
        consumer.updateBeginningOffsets(Map.of(new TopicPartition("in", 1), 0L));

        loop.run();

        assertThat(output()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("ends")
    void whatCannotBeRetriedStopsTheLoopWithoutAnAbort(RuntimeException end) {
        producer.commitTransactionException = end;
        consumer.schedulePollTask(() -> add(0, "a"));

        assertThatThrownBy(loop::run).isSameAs(end);
        assertThat(producer.transactionAborted()).isFalse();
    }

    static List<RuntimeException> ends() {
        return List.of(
                new ProducerFencedException("another instance took over"),
                new OutOfOrderSequenceException("a record is lost"),
                new TopicAuthorizationException("not yours"),
                new TimeoutException("no answer, twice"));
    }

    @Test
    void aCommitThatTimedOutOnceIsAskedForAgain() {
        producer.timeouts = 1;
        consumer.schedulePollTask(() -> add(0, "a"));
        consumer.schedulePollTask(loop::stop);

        loop.run();

        assertThat(output()).containsExactly("A");
        assertThat(producer.commitCount()).isEqualTo(1);
    }

    @Test
    void aTimeOutOfTheOffsetsIsAbortedAndReadAgain() {
        producer.sendOffsetsToTransactionException = new TimeoutException("no coordinator");
        consumer.schedulePollTask(() -> add(0, "a"));
        consumer.schedulePollTask(loop::stop);

        loop.run();

        assertThat(output()).isEmpty();
        assertThat(consumer.position(INPUT)).isZero();
    }

    @Test
    void aBatchThatCanNeverBeCommittedEndsTheLoop() {
        producer.commitTransactionException = new KafkaException("too large for the broker");
        for (int i = 0; i < Transactions.MAX_ABORTS_IN_A_ROW; i++) {
            int before = i;
            consumer.schedulePollTask(() -> {
                assertThat(attempts).isEqualTo(before);
                add(0, "a");
            });
        }
        var impatient = new TransactionalLoop(
                consumer,
                producer,
                batch -> {
                    attempts++;
                    return List.of();
                },
                Duration.ZERO,
                new Transactions(producer, Duration.ZERO));

        assertThatThrownBy(impatient::run).isSameAs(producer.commitTransactionException);

        assertThat(attempts).isEqualTo(Transactions.MAX_ABORTS_IN_A_ROW);
    }

    @Test
    void aBugInTheTransformStopsTheLoopAndCommitsNothing() {
        consumer.schedulePollTask(() -> add(0, "bug"));

        assertThatThrownBy(loop::run).isInstanceOf(IllegalStateException.class);

        assertThat(producer.commitCount()).isZero();
        assertThat(output()).isEmpty();
    }

    @Test
    void aWakeupThatNobodyAskedForIsAnError() {
        consumer.schedulePollTask(consumer::wakeup);

        assertThatThrownBy(loop::run).isInstanceOf(WakeupException.class);
    }

    private List<String> output() {
        return producer.history().stream()
                .map(record -> new String(record.value(), UTF_8))
                .toList();
    }

    private void add(long offset, String value) {
        consumer.addRecord(new ConsumerRecord<>("in", 0, offset, "key", value.getBytes(UTF_8)));
    }

    private static List<ProducerRecord<String, byte[]>> upperCase(ConsumerRecord<String, byte[]> record)
            throws BadRecord {
        String text = new String(record.value(), UTF_8);
        return switch (text) {
            case "bad" -> throw new BadRecord("it says so itself");
            case "bug" -> throw new IllegalStateException("a bug");
            default ->
                List.of(new ProducerRecord<>(
                        "out", record.key(), text.toUpperCase(Locale.ROOT).getBytes(UTF_8)));
        };
    }

    /// A producer whose commit can lose its answer a number of times, or meet a rebalance.
    private static final class ForgetfulProducer extends MockProducer<String, byte[]> {

        private final List<String> calls = new ArrayList<>();
        private int timeouts;
        private Runnable beforeCommit = () -> {};

        ForgetfulProducer() {
            super(true, new RoundRobinPartitioner(), new StringSerializer(), new ByteArraySerializer());
        }

        @Override
        public Future<RecordMetadata> send(ProducerRecord<String, byte[]> record) {
            calls.add("send");
            return super.send(record);
        }

        @Override
        public void flush() {
            calls.add("flush");
            super.flush();
        }

        @Override
        public void sendOffsetsToTransaction(
                Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
            calls.add("offsets");
            super.sendOffsetsToTransaction(offsets, group);
        }

        @Override
        public void commitTransaction() {
            calls.add("commit");
            beforeCommit.run();
            if (timeouts > 0) {
                timeouts--;
                throw new TimeoutException("no answer");
            }
            super.commitTransaction();
        }
    }
}
