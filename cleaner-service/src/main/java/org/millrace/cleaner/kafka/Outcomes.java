package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.cleaner.rule.Breach;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;

/// The records that this service publishes, counted. A batch that is aborted and judged again counts
/// twice in the metrics, and once in the log.
final class Outcomes {

    private final Events events = new Events("cleaner");
    private final MeterRegistry metrics;

    Outcomes(MeterRegistry metrics) {
        this.metrics = metrics;
    }

    ProducerRecord<String, byte[]> proposed(DocumentProposed proposal) {
        return events.record(proposal.getDocument().getDocumentId(), proposal);
    }

    ProducerRecord<String, byte[]> kept(DocumentCleaned document) {
        metrics.counter("documents_kept").increment();
        return events.record(document.getDocumentId(), document);
    }

    /// @param drop what is known of the page; the breach is added here
    ProducerRecord<String, byte[]> dropped(DocumentDropped.Builder drop, Breach breach) {
        metrics.counter("documents_dropped", "rule", breach.rule()).increment();
        return events.record(
                sha256(drop.getUrl()),
                drop.setRule(breach.rule())
                        .setValue(breach.value())
                        .setThreshold(breach.threshold())
                        .build());
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
