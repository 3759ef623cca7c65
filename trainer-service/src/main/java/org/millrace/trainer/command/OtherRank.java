package org.millrace.trainer.command;

import java.util.SortedMap;
import java.util.function.BooleanSupplier;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Snapshot;

/// Follows a run of any rank but 0, which says and keeps nothing.
record OtherRank(BooleanSupplier stopped) implements Listener {

    @Override
    public void measured(long step, SortedMap<String, Double> figures, double progress, double secondsLeft) {
        // Rank 0 tells the same.
    }

    @Override
    public void publish(long step, Snapshot snapshot) {
        // Rank 0 has the same.
    }

    @Override
    public boolean cancelled() {
        return stopped.getAsBoolean();
    }
}
