package org.millrace.tokenizer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Which documents of the log are used: none that is taken back, and each text once.
///
/// A text is on the log again when its address changed, or when it was taken back and stands after all. It is
/// used then if it was left out before, as far as that is known: what was left out is remembered for as long as
/// this lives, and by nobody else. Two cases go wrong for it. A text that was left out by an earlier life, or by
/// another instance, and is restored in this one stays out. A text that was used, and whose address was
/// retracted by its owner before it came from another one, is used once more.
///
/// Documents come in batches that may be undone. For one thread.
public final class Selection {

    private final Retractions retractions;
    private final Set<String> leftOut = new HashSet<>();

    /// Documents of the batch in hand by their ids, and whether each is left out.
    private final Map<String, Boolean> inHand = new HashMap<>();

    /// @param retractions as they are at each call
    public Selection(Retractions retractions) {
        this.retractions = retractions;
    }

    /// Undoes what was not committed.
    public void begin() {
        inHand.clear();
    }

    /// Whether the next document of the batch is used.
    public boolean takes(Document document) {
        String id = document.id();
        boolean wasLeftOut = inHand.getOrDefault(id, leftOut.contains(id));
        if (retractions.has(id) || retractions.has(document.url())) {
            inHand.put(id, wasLeftOut || !document.isAgain());
            return false;
        }
        if (document.isAgain() && !wasLeftOut && !retractions.has(document.replacesUrl())) {
            return false;
        }
        if (wasLeftOut) {
            inHand.put(id, false);
        }
        return true;
    }

    /// What was said of this batch holds.
    public void commit() {
        inHand.forEach((id, out) -> {
            if (out) {
                leftOut.add(id);
            } else {
                leftOut.remove(id);
            }
        });
        inHand.clear();
    }
}
