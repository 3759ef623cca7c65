package org.millrace.trainer.torch.kernel;

import static org.millrace.trainer.torch.kernel.Lanes.COUNT;
import static org.millrace.trainer.torch.kernel.Lanes.FLOATS;
import static org.millrace.trainer.torch.kernel.Lanes.halves;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Nats of each label, `log Σⱼ exp zⱼ − z_label`, and in the place of the logits what a weighted sum of them
/// sends back, `weight · (softmax(z)ⱼ − [j = label])`.
///
/// @param threads that share the rows
/// @param vocabulary V, a multiple of 16
public record Loss(int threads, int vocabulary) {

    private static final int PIECE = 16;

    /// @param logits (N, V), bf16, overwritten
    /// @param labels (N), 64 bits each, 0 to V − 1
    /// @param weights (N), fp32
    /// @param nats (N), fp32, overwritten
    public void of(int rows, MemorySegment logits, MemorySegment labels, MemorySegment weights, MemorySegment nats) {
        Crew.share(threads, rows, PIECE, (from, to, piece) -> {
            float[] powers = new float[vocabulary];
            for (int row = from; row < to; row++) {
                int label = (int) labels.getAtIndex(ValueLayout.JAVA_LONG, row);
                float weight = weights.getAtIndex(ValueLayout.JAVA_FLOAT, row);
                float value = of(logits, (long) row * vocabulary, vocabulary, label, weight, powers);
                nats.setAtIndex(ValueLayout.JAVA_FLOAT, row, value);
            }
        });
    }

    private static float of(MemorySegment logits, long at, int V, int label, float weight, float[] powers) {
        float wanted = Float.intBitsToFloat(logits.getAtIndex(ValueLayout.JAVA_SHORT, at + label) << 16);
        float most = widened(logits, at, V, powers);
        float sum = Lanes.powers(powers, V, most);
        powers[label] -= sum; // its share less 1
        Lanes.scaled(powers, V, weight / sum, logits, at);
        return (float) (StrictMath.log(sum) + most - wanted);
    }

    /// @return the largest
    private static float widened(MemorySegment logits, long at, int V, float[] floats) {
        FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < V; j += COUNT) {
            FloatVector z = halves(logits, at + j);
            z.intoArray(floats, j);
            most = most.max(z);
        }
        return most.reduceLanes(VectorOperators.MAX);
    }
}
