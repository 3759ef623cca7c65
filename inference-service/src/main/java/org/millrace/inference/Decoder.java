package org.millrace.inference;

import java.io.IOException;
import java.nio.FloatBuffer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.onnx.Precision;

/// One version of a model with memory for rows of tokens. Row r holds the tokens it was fed so far, as keys
/// and values. For one thread; the buffers it returns are valid until tokens are fed again.
///
/// Dimensions: B rows, V vocabulary.
public interface Decoder extends AutoCloseable {

    /// Builds decoders; the seam to the engine that computes.
    @FunctionalInterface
    interface Factory {

        /// @param checkpoint belongs to the decoder from now on, which closes it; if this throws, it does not
        /// @param rows rows of memory
        /// @param precision of its weights
        /// @throws IOException if the checkpoint cannot be served, and why
        Decoder open(Checkpoint checkpoint, int rows, Precision precision) throws IOException;
    }

    /// Starts rows `first`, `first + 1`, … afresh with these prompts, each at least one token.
    ///
    /// @return logits after the last token of each prompt, (B,V)
    FloatBuffer read(int first, int[][] prompts);

    /// Feeds one token to each of the rows 0 to `rows − 1`.
    ///
    /// @param tokens by row
    /// @param before by row: tokens it holds already
    /// @return logits after each, (B,V)
    FloatBuffer step(int rows, int[] tokens, int[] before);

    /// Feeds tokens to one row.
    ///
    /// @param before tokens of the row that stay; 0 starts it afresh
    /// @param wanted of the new tokens, how many at the end need logits; at least 1
    /// @return logits after the last `wanted` tokens, (wanted,V)
    FloatBuffer extend(int row, int before, int[] tokens, int wanted);

    /// Makes row `to` hold the first `length` tokens of row `from`.
    void copy(int from, int to, int length);

    /// Exchanges two rows: the first `lengthOfA` tokens of row `a` for the first `lengthOfB` of row `b`.
    void swap(int a, int lengthOfA, int b, int lengthOfB);

    @Override
    void close();
}
