package org.millrace.tokenizer;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What owners took back: documents by their id or by the address they came from. Safe for many
/// threads.
public final class Retractions {

    private final Set<String> retracted = ConcurrentHashMap.newKeySet();

    /// @param idOrUrl of the documents to leave out from now on
    public void add(String idOrUrl) {
        retracted.add(idOrUrl);
    }

    /// Takes a retraction back.
    public void remove(String idOrUrl) {
        retracted.remove(idOrUrl);
    }

    public boolean covers(Document document) {
        return retracted.contains(document.id()) || retracted.contains(document.url());
    }
}
