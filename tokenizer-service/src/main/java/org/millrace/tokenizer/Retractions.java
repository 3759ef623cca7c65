package org.millrace.tokenizer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What was taken back: documents by their id or by the address they came from. Safe for many threads.
///
/// Each retraction stands under the key of its record, so that whoever said it can take exactly that
/// back: the cleaner never touches what a person said about the same document.
public final class Retractions {

    private final Map<String, String> whatByKey = new ConcurrentHashMap<>();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();

    /// @param idOrUrl of the documents to leave out from now on; replaces what the key said before
    public synchronized void put(String key, String idOrUrl) {
        remove(key);
        whatByKey.put(key, idOrUrl);
        counts.merge(idOrUrl, 1, Integer::sum);
    }

    /// Takes a retraction back.
    public synchronized void remove(String key) {
        String what = whatByKey.remove(key);
        if (what != null) {
            counts.computeIfPresent(what, (same, count) -> count == 1 ? null : count - 1);
        }
    }

    /// Whether a document stays out of shards: it was taken back, or its text is in them already, from the
    /// address that this one replaces.
    public boolean leaveOut(Document document) {
        return isRetracted(document.id())
                || isRetracted(document.url())
                || (!document.replacesUrl().isEmpty() && !isRetracted(document.replacesUrl()));
    }

    private boolean isRetracted(String idOrUrl) {
        return counts.containsKey(idOrUrl);
    }
}
