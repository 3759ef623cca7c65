package org.millrace.rollout.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.rollout.kafka.Publisher.Aborted;

class PublisherTest {

    private static final ProducerRecord<String, byte[]> ONE = new ProducerRecord<>("topic", "1", new byte[1]);
    private static final ProducerRecord<String, byte[]> TWO = new ProducerRecord<>("topic", "2", new byte[1]);

    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
    private final Publisher publisher = new Publisher(producer, new SimpleMeterRegistry().timer("transactions"));
    private final FutureTask<Boolean> running = new FutureTask<>(publisher, true);

    private void start() {
        Thread.ofPlatform().daemon().name("publisher").start(running);
    }

    @AfterEach
    void stop() {
        publisher.stop();
    }

    @Test
    void repliesThatWaitTogetherShareATransaction() throws Exception {
        List<FutureTask<Boolean>> callers = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : List.of(ONE, TWO)) {
            FutureTask<Boolean> caller = new FutureTask<>(() -> {
                publisher.publish(List.of(record));
                return true;
            });
            callers.add(caller);
            Thread thread = Thread.ofPlatform().daemon().start(caller);
            await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        }

        start();

        for (FutureTask<Boolean> caller : callers) {
            assertThat(caller.get(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(producer.history()).containsExactly(ONE, TWO);
        assertThat(producer.commitCount()).isEqualTo(1);
    }

    @Test
    void nothingToSayNeedsNoTransaction() throws Exception {
        publisher.publish(List.of());

        assertThat(producer.commitCount()).isZero();
    }

    @Test
    void anAbortLeavesNothingBehindAndTheProducerUsable() throws Exception {
        producer.sendException = new KafkaException(new RecordTooLargeException("2 MiB"));
        start();
        Aborted aborted = catchThrowableOfType(Aborted.class, () -> publisher.publish(List.of(ONE)));
        producer.sendException = null;

        publisher.publish(List.of(TWO));

        assertThat(aborted.isDueTo(RecordTooLargeException.class)).isTrue();
        assertThat(producer.history()).containsExactly(TWO);
    }

    /// Lanes that waited for it would hold up the end of the process.
    @Test
    void whenTheProducerIsLostNobodyWaitsAndNobodyIsToldThatItWasPublished() {
        producer.commitTransactionException = new ProducerFencedException("another worker has this instance");
        FutureTask<Boolean> caller = new FutureTask<>(() -> {
            publisher.publish(List.of(ONE));
            return true;
        });
        Thread.ofPlatform().daemon().start(caller);
        start();

        assertThatThrownBy(() -> running.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(ProducerFencedException.class);
        assertThatThrownBy(() -> caller.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("the publisher has ended");
        assertThatThrownBy(() -> publisher.publish(List.of(TWO)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the publisher has ended");
    }
}
