package org.millrace.reward;

import java.io.IOException;
import org.millrace.checkpoint.Checkpoint;

/// The engine under a reward model. Belongs to one thread at a time.
public interface Scorer extends AutoCloseable {

    /// The raw score at the last token of each sequence: before normalisation.
    ///
    /// @param sequences ids in the vocabulary; each of 1 to the context's length
    float[] score(int[][] sequences);

    @Override
    void close();

    /// Builds the engine of a checkpoint.
    @FunctionalInterface
    interface Factory {

        /// The checkpoint then belongs to the scorer, which closes it.
        ///
        /// @throws IOException if the engine does not take the model
        Scorer open(Checkpoint checkpoint) throws IOException;
    }
}
