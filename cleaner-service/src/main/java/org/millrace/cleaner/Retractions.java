package org.millrace.cleaner;

import java.util.HashMap;
import java.util.Map;
import org.millrace.cleaner.rule.Breach;

/// What owners took back: pages by their URL, texts by their id. For one thread.
///
/// They are remembered by the key under which they were said, so that whoever said it can take exactly
/// that back.
public final class Retractions {

    /// For pages that are dropped because of one.
    public static final Breach BREACH = new Breach("retracted", "retracted by its owner", "not retracted");

    private final Map<String, String> whatByKey = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /// @param what a URL or the id of a text; replaces what was said under the key before
    public void put(String key, String what) {
        remove(key);
        whatByKey.put(key, what);
        counts.merge(what, 1, Integer::sum);
    }

    public void remove(String key) {
        String what = whatByKey.remove(key);
        if (what != null) {
            counts.computeIfPresent(what, (same, count) -> count == 1 ? null : count - 1);
        }
    }

    public boolean covers(String urlOrId) {
        return counts.containsKey(urlOrId);
    }
}
