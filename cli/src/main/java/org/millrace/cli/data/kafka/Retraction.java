package org.millrace.cli.data.kafka;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentRetracted;

/// Says on the log that something is taken back, or is not any more.
public final class Retraction {

    private static final int PATIENCE_MS = 30_000;
    private static final Events EVENTS = new Events("cli");

    private Retraction() {}

    /// The log did not take it.
    public static final class Refused extends Exception {
        Refused(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// @param what a document's id or a URL, as it stands in the data
    public static void publish(String bootstrap, String what, boolean isId, String reason, long nowMs)
            throws Refused, InterruptedException {
        DocumentRetracted.Builder event =
                DocumentRetracted.newBuilder().setReason(reason).setRetractedAtMs(nowMs);
        send(
                bootstrap,
                EVENTS.record(
                        what,
                        isId
                                ? event.setDocumentId(what).build()
                                : event.setUrl(what).build()));
    }

    /// Takes the retraction of the same URL or id back.
    public static void undo(String bootstrap, String what) throws Refused, InterruptedException {
        send(bootstrap, new ProducerRecord<>(Events.topicName(DocumentRetracted.class), what, null));
    }

    private static void send(String bootstrap, ProducerRecord<String, byte[]> record)
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
            producer.send(record).get(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new Refused(
                    String.valueOf(e.getCause() == null ? e : e.getCause().getMessage()), e);
        } catch (TimeoutException | KafkaException e) {
            throw new Refused(String.valueOf(e.getMessage()), e);
        }
    }
}
