package org.millrace.cli.data.kafka;

import java.util.HashMap;
import java.util.Map;
import org.millrace.cli.data.Fingerprints;

/// Which record of a document is its last. Records of one id lie in one partition, so their offsets are in order.
///
/// Knows offsets and no counts: a record that expires before it is met again changes nothing about the last.
final class LastPublished {

    private final Fingerprints seen = new Fingerprints();

    /// Of the documents with more than one record.
    private final Map<String, Long> last = new HashMap<>();

    void see(String id, long offset) {
        if (!seen.add(id)) {
            last.put(id, offset);
        }
    }

    /// @param offset of a record that was seen
    boolean is(String id, long offset) {
        return offset >= last.getOrDefault(id, 0L);
    }
}
