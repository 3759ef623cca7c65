package org.millrace.tokenizer;

import java.util.HashMap;
import java.util.Map;

/// What was taken back: documents by their id or by the address they came from. Not safe for many threads.
///
/// Each retraction stands under the key of its record, so that whoever said it can take exactly that
/// back: the cleaner never touches what a person said about the same document.
public final class Retractions {

    private final Map<String, String> whatByKey = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /// @param idOrUrl of the documents to leave out from now on; replaces what the key said before
    public void put(String key, String idOrUrl) {
        remove(key);
        whatByKey.put(key, idOrUrl);
        counts.merge(idOrUrl, 1, Integer::sum);
    }

    /// Takes a retraction back.
    public void remove(String key) {
        String what = whatByKey.remove(key);
        if (what != null) {
            counts.computeIfPresent(what, (same, count) -> count == 1 ? null : count - 1);
        }
    }

    public void clear() {
        whatByKey.clear();
        counts.clear();
    }

    public boolean has(String idOrUrl) {
        return counts.containsKey(idOrUrl);
    }
}
