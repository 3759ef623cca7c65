package org.millrace.cli.demo;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentRetracted;

/// What became of each page in the end. A document that is kept may be taken back when a better one of its
/// cluster comes, so what is kept is what was cleaned without what is retracted. Events of one topic come in
/// the order of their keys, those of different topics in any order.
final class Verdicts {

    private final Map<String, Document> cleaned = new HashMap<>(); // by document id
    private final Map<String, DocumentRetracted> retracted = new HashMap<>(); // by the event's key
    private final Map<String, DocumentDropped> dropped = new HashMap<>(); // by URL
    private final Set<String> judged = new HashSet<>();

    private record Document(String url, long bytes, long masked, long paragraphs, String language) {}

    void cleaned(DocumentCleaned document) {
        judged.add(document.getUrl());
        cleaned.put(
                document.getDocumentId(),
                new Document(
                        document.getUrl(),
                        document.getText().getBytes(StandardCharsets.UTF_8).length,
                        document.getMaskedSpans(),
                        document.getRemovedParagraphs(),
                        document.getLanguage()));
    }

    void dropped(DocumentDropped page) {
        judged.add(page.getUrl());
        dropped.put(page.getUrl(), page);
    }

    /// @param event null takes the retraction under that key back
    void retracted(String key, @Nullable DocumentRetracted event) {
        if (event == null) {
            retracted.remove(key);
        } else {
            retracted.put(key, event);
        }
    }

    /// URLs that were judged at least once.
    Set<String> judged() {
        return judged;
    }

    /// What the verdicts amount to.
    ///
    /// @param droppedBy pages by rule
    /// @param example a page that the rule dropped, what was measured, and what was asked
    /// @param takenBack documents that were published and are kept no more
    record Sum(
            long kept,
            long bytes,
            long masked,
            long paragraphs,
            long takenBack,
            Map<String, Long> languages,
            Map<String, Long> droppedBy,
            Map<String, String> example) {}

    Sum sum() {
        Set<String> gone = new HashSet<>();
        retracted.values().forEach(event -> gone.add(event.hasUrl() ? event.getUrl() : event.getDocumentId()));
        long kept = 0;
        long bytes = 0;
        long masked = 0;
        long paragraphs = 0;
        Map<String, Long> languages = new TreeMap<>();
        for (Map.Entry<String, Document> entry : cleaned.entrySet()) {
            Document document = entry.getValue();
            if (!gone.contains(entry.getKey()) && !gone.contains(document.url())) {
                kept++;
                bytes += document.bytes();
                masked += document.masked();
                paragraphs += document.paragraphs();
                languages.merge(document.language(), 1L, Long::sum);
            }
        }
        Map<String, Long> droppedBy = new TreeMap<>();
        Map<String, String> example = new TreeMap<>();
        for (DocumentDropped page : dropped.values()) {
            droppedBy.merge(page.getRule(), 1L, Long::sum);
            example.merge(
                    page.getRule(),
                    "%s: %s, asked for %s".formatted(page.getUrl(), page.getValue(), page.getThreshold()),
                    (one, other) -> one.compareTo(other) <= 0 ? one : other);
        }
        return new Sum(kept, bytes, masked, paragraphs, cleaned.size() - kept, languages, droppedBy, example);
    }
}
