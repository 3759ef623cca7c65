package org.millrace.trainer;

import java.util.Collection;
import java.util.List;

/// Checks of data before a run, so that bad data is told in one sentence and not found as a crash
/// in an engine.
public final class Refusal {

    private Refusal() {}

    /// @throws TrainingFailed if there is none, or an id is not in the vocabulary
    public static void check(String name, Collection<Example> examples, int vocabulary) throws TrainingFailed {
        if (examples.isEmpty()) {
            throw new TrainingFailed(name + ": expected at least 1, got 0");
        }
        checkIds(name, examples.stream().map(Example::tokens).toList(), vocabulary);
    }

    /// @throws TrainingFailed if an id is not in the vocabulary
    public static void checkIds(String name, List<int[]> sequences, int vocabulary) throws TrainingFailed {
        for (int i = 0; i < sequences.size(); i++) {
            for (int id : sequences.get(i)) {
                if (id < 0 || id >= vocabulary) {
                    throw new TrainingFailed("%s[%d]: expected ids 0 to %d, got %d: made by another tokenizer?"
                            .formatted(name, i, vocabulary - 1, id));
                }
            }
        }
    }
}
