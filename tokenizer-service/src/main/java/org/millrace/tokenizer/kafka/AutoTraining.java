package org.millrace.tokenizer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.millrace.events.BadRecord;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.Training;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Trains the first tokenizer once the log holds enough text, and is then done for good. Each
/// instance does so by itself: the first to publish wins, and the others stop, or recognise what is
/// there.
final class AutoTraining implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(AutoTraining.class);

    private final Map<String, Object> broker;
    private final Training training;
    private final Tokenizers tokenizers;
    private final Training.Order order;
    private final long enoughBytes;
    private final Duration interval;
    private final CountDownLatch stop = new CountDownLatch(1);
    private long bytes;

    AutoTraining(
            Map<String, Object> broker,
            Training training,
            Tokenizers tokenizers,
            Training.Order order,
            long enoughBytes,
            Duration interval) {
        this.broker = broker;
        this.training = training;
        this.tokenizers = tokenizers;
        this.order = order;
        this.enoughBytes = enoughBytes;
        this.interval = interval;
    }

    @Override
    public void run() {
        try (LogReader reader = new LogReader(broker, Inputs.DOCUMENTS)) {
            while (!stop.await(interval.toNanos(), TimeUnit.NANOSECONDS)
                    && tokenizers.forShards().isEmpty()) {
                tryOnce(reader);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void stop() {
        stop.countDown();
    }

    private void tryOnce(LogReader reader) throws InterruptedException {
        try {
            reader.untilNow().forEachRemaining(this::count);
            if (bytes >= enoughBytes && tokenizers.forShards().isEmpty()) {
                LOGGER.info("{} bytes of text are on the log: the first tokenizer is trained", bytes);
                training.train(order, new Quiet());
            }
        } catch (Training.Busy e) {
            LOGGER.info("not trained: {}", e.getMessage());
        } catch (Training.NoDocuments | IOException | KafkaException e) {
            LOGGER.warn("the first tokenizer is not trained yet, next try in {} s", interval.toSeconds(), e);
        }
    }

    private void count(ConsumerRecord<String, byte[]> record) {
        try {
            bytes += Inputs.document(record).text().getBytes(UTF_8).length;
        } catch (BadRecord e) {
            LOGGER.debug("not counted: partition={} offset={}", record.partition(), record.offset());
        }
    }

    private final class Quiet implements Training.Progress {

        @Override
        public void read(long documents, long read) {}

        @Override
        public void merged(int merges) {}

        @Override
        public boolean isCancelled() {
            return stop.getCount() == 0 || tokenizers.forShards().isPresent();
        }
    }
}
