package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;

/// Scores of whole sequences: the scalar head at the last token.
final class Scorer {

    private static final int ROWS = 32;

    private Scorer() {}

    /// Raw scores, with gradients.
    ///
    /// @return (N), fp32
    static Tensor scores(Decoder decoder, List<int[]> sequences) {
        int longest =
                sequences.stream().mapToInt(sequence -> sequence.length).max().orElseThrow();
        List<Row> rows = sequences.stream()
                .map(sequence -> Packing.alone(sequence, longest))
                .toList();
        long[] last = new long[sequences.size()];
        for (int i = 0; i < last.length; i++) {
            last[i] = (long) i * longest + sequences.get(i).length - 1;
        }
        Batch batch = Batch.of(rows);
        Tensor hidden = decoder.hidden(batch.ids(), batch.mask()).flatten(0, 1); // (N·T, C)
        return decoder.scores(hidden.index_select(0, AbstractTensor.create(last, last.length))); // (N)
    }

    /// Raw scores, as numbers.
    static double[] measure(Decoder decoder, List<int[]> sequences) {
        double[] scores = new double[sequences.size()];
        for (int start = 0; start < scores.length; start += ROWS) {
            List<int[]> part = new ArrayList<>(sequences.subList(start, Math.min(scores.length, start + ROWS)));
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                float[] values = Parameters.values(scores(decoder, part));
                for (int i = 0; i < values.length; i++) {
                    scores[start + i] = values[i];
                }
            }
        }
        return scores;
    }
}
