package org.millrace.cli.probe.kafka;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.millrace.cli.data.Fingerprint;
import org.millrace.cli.data.kafka.LogFacts;
import org.millrace.cli.data.kafka.TopicScan;
import org.millrace.cli.probe.Snippet;
import org.millrace.proto.events.v1.DocumentCleaned;

/// Pages that were kept, some of them.
public final class Pages {

    private Pages() {}

    /// A snippet each of `count` documents, drawn by the hash of seed and id: the same whatever their order on the log.
    /// What was taken back is left out.
    ///
    /// @throws org.apache.kafka.common.KafkaException if the log cannot be read
    public static List<Snippet> snippets(String bootstrap, int count, long seed) {
        Predicate<String> takenBack;
        try (LogFacts facts = new LogFacts(bootstrap)) {
            takenBack = facts.takenBack();
        }
        TreeMap<Long, Snippet> drawn = new TreeMap<>();
        try (TopicScan scan = new TopicScan(bootstrap)) {
            scan.read(DocumentCleaned.class, (record, document) -> {
                if (document == null || takenBack.test(document.getDocumentId())) {
                    return;
                }
                long place = Fingerprint.of(seed + "\n" + document.getDocumentId());
                if (drawn.size() == count && place > drawn.lastKey()) {
                    return; // as most are, of many: their texts need not be cut
                }
                drawn.put(place, Snippet.of(document.getText(), document.getUrl(), place));
                if (drawn.size() > count) {
                    drawn.pollLastEntry();
                }
            });
        }
        return List.copyOf(drawn.values());
    }
}
