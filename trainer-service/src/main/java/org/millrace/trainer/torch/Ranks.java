package org.millrace.trainer.torch;

import java.util.SortedMap;
import org.millrace.trainer.TrainingFailed;

/// The processes that train one model together: each works on its rows of every batch, and all make
/// the same step. What they agree on is the same whatever their number, so a run may go on with
/// another one.
///
/// Every rank calls every method at the same place of the run, in the same order.
public sealed interface Ranks extends AutoCloseable permits Alone, GlooRanks {

    /// This process, 0 to [#world] − 1. Rank 0 keeps the state and publishes.
    int rank();

    /// How many there are.
    int world();

    /// The first of `count` things that is this rank's; its last is before the next rank's first:
    /// `⌊count · rank / world⌋`.
    default int from(int count) {
        return (int) ((long) count * rank() / world());
    }

    /// Behind the last of `count` things that is this rank's.
    default int to(int count) {
        return (int) ((long) count * (rank() + 1) / world());
    }

    /// Sums over the ranks, the same bits on each.
    double[] sum(double... numbers);

    /// Makes a state that of rank 0, tensors and numbers. Those of the others must have the same
    /// names and sizes.
    void shareFirst(TrainingState state);

    /// Checks that all have begun the same run.
    ///
    /// @param facts what must be equal, by what a person calls it
    /// @throws TrainingFailed on every rank, naming what differs first and where
    void agree(SortedMap<String, String> facts) throws TrainingFailed;

    /// Where the loss of a batch and its gradients come from. Belongs to the scope that is open.
    ///
    /// @param atOnce rows that go through the model at once
    Gradients gradients(Decoder decoder, int atOnce);

    /// Leaves the others: whoever waits for this rank is told at once.
    @Override
    void close();
}
