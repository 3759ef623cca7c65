package org.millrace.cli.model;

import java.nio.FloatBuffer;
import java.util.SortedMap;
import org.millrace.checkpoint.TensorSource;

/// A matrix with some rows of its own: in place of the base's, or behind them.
///
/// @param rows how many it has; those beyond the base's are all in `own`
/// @param own by place, each as wide as the base
record NewRows(TensorSource base, int rows, SortedMap<Integer, float[]> own) implements TensorSource {

    @Override
    public long[] shape() {
        return new long[] {rows, base.shape()[1]};
    }

    @Override
    public void read(long from, FloatBuffer into) {
        int width = (int) base.shape()[1];
        int end = into.limit();
        for (long at = from; into.position() < end; ) {
            int row = (int) (at / width);
            int column = (int) (at % width);
            int count = Math.min(width - column, end - into.position());
            float[] ours = own.get(row);
            if (ours != null) {
                into.put(ours, column, count);
            } else {
                into.limit(into.position() + count);
                base.read(at, into);
                into.limit(end);
            }
            at += count;
        }
    }

    /// One row of a matrix.
    static float[] row(TensorSource matrix, int row) {
        float[] values = new float[(int) matrix.shape()[1]];
        matrix.read((long) row * values.length, FloatBuffer.wrap(values));
        return values;
    }

    /// The mean of the first rows of a matrix: a word that means nothing in particular.
    static float[] mean(TensorSource matrix, int rows) {
        double[] sums = new double[(int) matrix.shape()[1]];
        for (int row = 0; row < rows; row++) {
            float[] values = row(matrix, row);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += values[i];
            }
        }
        float[] mean = new float[sums.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sums[i] / rows);
        }
        return mean;
    }
}
