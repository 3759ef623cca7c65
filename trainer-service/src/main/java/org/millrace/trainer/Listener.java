package org.millrace.trainer;

import java.io.IOException;
import java.util.Optional;
import java.util.SortedMap;

/// Who follows a run. Called on the training thread: what it does takes time from training, so it
/// hands on.
public interface Listener {

    /// Figures of a step.
    ///
    /// @param step from 1
    /// @param figures names with unit: `loss_nats`, `tokens_per_second`, `bits_per_byte`,
    ///     `kl_nats`, …
    /// @param progress 0 to 1 of the budget
    /// @param secondsLeft estimate, at least 0
    void measured(long step, SortedMap<String, Double> figures, double progress, double secondsLeft);

    /// Weights to be served. A failure ends the run.
    void publish(long step, Snapshot snapshot) throws IOException;

    /// Where the state of this run is kept, and perhaps found; the run goes on from it. Empty: nothing is
    /// kept.
    default Optional<Keeping> keeping() {
        return Optional.empty();
    }

    /// Asked between steps: true ends the run at once, without publishing.
    boolean cancelled();
}
