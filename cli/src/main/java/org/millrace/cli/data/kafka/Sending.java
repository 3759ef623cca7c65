package org.millrace.cli.data.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// Puts records on the log, and returns when the broker has them all.
public final class Sending {

    private static final int PATIENCE_MS = 30_000;

    private Sending() {}

    /// The log did not take all of them.
    public static final class Refused extends Exception {
        Refused(String message, Throwable cause) {
            super(message, cause);
        }
    }

    public static void all(String bootstrap, List<ProducerRecord<String, byte[]>> records)
            throws Refused, InterruptedException {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                bootstrap,
                "acks",
                "all",
                "enable.idempotence",
                true,
                "max.block.ms",
                PATIENCE_MS,
                "request.timeout.ms",
                PATIENCE_MS / 2,
                "delivery.timeout.ms",
                PATIENCE_MS);
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (ProducerRecord<String, byte[]> record : records) {
                sent.add(producer.send(record));
            }
            producer.flush();
            for (Future<?> one : sent) {
                one.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException e) {
            throw new Refused(
                    String.valueOf(e.getCause() == null ? e : e.getCause().getMessage()), e);
        } catch (TimeoutException | KafkaException e) {
            throw new Refused(String.valueOf(e.getMessage()), e);
        }
    }
}
