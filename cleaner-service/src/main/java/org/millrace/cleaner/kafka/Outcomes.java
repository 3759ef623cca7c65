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
import org.millrace.proto.events.v1.DocumentRetracted;

/// The records that this service publishes, counted. A batch that is aborted and judged again counts
/// twice in the metrics, and once in the log.
final class Outcomes {

    private static final int EXCERPT = 200;

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

    /// @param supersededBy id of the document in its place, empty if there is none
    ProducerRecord<String, byte[]> takenBack(String id, String supersededBy, String rule, long nowMs) {
        metrics.counter("documents_taken_back", "rule", rule).increment();
        return events.record(
                retractionKey(id),
                DocumentRetracted.newBuilder()
                        .setDocumentId(id)
                        .setReason(
                                supersededBy.isEmpty()
                                        ? "too little of it is its own"
                                        : "another document stands in its place")
                        .setRetractedAtMs(nowMs)
                        .setSupersededBy(supersededBy)
                        .setRule(rule)
                        .build());
    }

    /// Takes a retraction of ours back: a record without a value.
    ProducerRecord<String, byte[]> restored(String id) {
        return new ProducerRecord<>(Events.topicName(DocumentRetracted.class), retractionKey(id), null);
    }

    /// Nobody else writes under this key, so that a person's retraction of the same id stays what it is.
    private static String retractionKey(String id) {
        return id + "/cleaner";
    }

    /// A drop of what was a document already.
    DocumentDropped.Builder drop(DocumentCleaned document) {
        return DocumentDropped.newBuilder()
                .setUrl(document.getUrl())
                .setLanguage(document.getLanguage())
                .setFetchedAtMs(document.getFetchedAtMs())
                .setCrawlId(document.getCrawlId())
                .setExcerpt(excerpt(document.getText()))
                .setCharacters(document.getText().length());
    }

    /// The start of a text, cut between characters.
    static String excerpt(String text) {
        if (text.length() <= EXCERPT) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(EXCERPT - 1)) ? EXCERPT - 1 : EXCERPT);
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
