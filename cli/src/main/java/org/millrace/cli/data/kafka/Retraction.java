package org.millrace.cli.data.kafka;

import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentRetracted;

/// Says on the log that something is taken back, or is not any more.
public final class Retraction {

    private static final Events EVENTS = new Events("cli");

    private Retraction() {}

    /// @param what a document's id or a URL, as it stands in the data
    public static void publish(String bootstrap, String what, boolean isId, String reason, long nowMs)
            throws Sending.Refused, InterruptedException {
        DocumentRetracted.Builder event =
                DocumentRetracted.newBuilder().setReason(reason).setRetractedAtMs(nowMs);
        Sending.all(
                bootstrap,
                List.of(EVENTS.record(
                        what,
                        isId
                                ? event.setDocumentId(what).build()
                                : event.setUrl(what).build())));
    }

    /// Takes the retraction of the same URL or id back.
    public static void undo(String bootstrap, String what) throws Sending.Refused, InterruptedException {
        Sending.all(bootstrap, List.of(new ProducerRecord<>(Events.topicName(DocumentRetracted.class), what, null)));
    }
}
