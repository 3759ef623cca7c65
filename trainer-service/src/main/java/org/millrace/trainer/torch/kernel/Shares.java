package org.millrace.trainer.torch.kernel;

import static org.millrace.trainer.torch.kernel.Lanes.COUNT;
import static org.millrace.trainer.torch.kernel.Lanes.FLOATS;
import static org.millrace.trainer.torch.kernel.Lanes.floats;
import static org.millrace.trainer.torch.kernel.Lanes.halves;
import static org.millrace.trainer.torch.kernel.Lanes.putHalves;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Attention's shares `pᵢⱼ = exp(zᵢⱼ + maskᵢⱼ − mᵢ) / Σⱼ …` of some queries of each sequence over the keys up
/// to the last of them, in the place of the scores; and back, `∂zᵢⱼ = pᵢⱼ · (∂pᵢⱼ − Σⱼ pᵢⱼ ∂pᵢⱼ)`.
///
/// What lies ahead of a query is 0, whatever the mask says.
///
/// @param threads that share the queries
/// @param heads H
/// @param positions T, a multiple of 16
/// @param from the first of these queries, a multiple of 16
/// @param to behind the last, a multiple of 16: keys are those from 0 to here
public record Shares(int threads, int heads, int positions, int from, int to) {

    /// @param sequences B·H
    /// @param scores (B·H, to − from, to), bf16, overwritten
    /// @param mask (B, 1, T, T), fp32
    public void of(int sequences, MemorySegment scores, MemorySegment mask) {
        int queries = to - from;
        Crew.share(threads, sequences, 1, (first, last, piece) -> {
            float[] powers = new float[to];
            for (int sequence = first; sequence < last; sequence++) {
                for (int query = 0; query < queries; query++) {
                    long at = ((long) sequence * queries + query) * to;
                    long masked = ((long) (sequence / heads) * positions + from + query) * positions;
                    of(scores, at, mask, masked, from + query + 1, to, powers);
                }
            }
        });
    }

    /// @param shares (B·H, to − from, to), bf16
    /// @param gradient (B·H, to − from, to), bf16: of the shares, overwritten with that of the scores
    public void back(int sequences, MemorySegment shares, MemorySegment gradient) {
        int queries = to - from;
        Crew.share(threads, sequences, 1, (first, last, piece) -> {
            for (int row = first * queries; row < last * queries; row++) {
                back(shares, gradient, (long) row * to, from + row % queries + 1, to);
            }
        });
    }

    /// @param seen keys up to the query itself; those behind them in its last lanes the mask hides
    private static void of(
            MemorySegment scores, long at, MemorySegment mask, long masked, int seen, int all, float[] powers) {
        int count = Math.ceilDiv(seen, COUNT) * COUNT;
        float sum = Lanes.powers(powers, count, masked(scores, at, mask, masked, count, powers));
        Lanes.scaled(powers, count, 1 / sum, scores, at);
        for (int j = count; j < all; j += COUNT) {
            putHalves(Lanes.zero(), scores, at + j);
        }
    }

    /// @return the largest
    private static float masked(
            MemorySegment scores, long at, MemorySegment mask, long masked, int count, float[] sums) {
        FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < count; j += COUNT) {
            FloatVector z = halves(scores, at + j).add(floats(mask, masked + j));
            z.intoArray(sums, j);
            most = most.max(z);
        }
        return most.reduceLanes(VectorOperators.MAX);
    }

    private static void back(MemorySegment shares, MemorySegment gradient, long at, int seen, int all) {
        FloatVector dots = Lanes.zero();
        for (int j = 0; j < seen; j += COUNT) {
            dots = halves(shares, at + j).fma(halves(gradient, at + j), dots);
        }
        float mean = Lanes.sum(dots);
        int j = 0;
        for (; j < seen; j += COUNT) {
            putHalves(halves(shares, at + j).mul(halves(gradient, at + j).sub(mean)), gradient, at + j);
        }
        for (; j < all; j += COUNT) {
            putHalves(Lanes.zero(), gradient, at + j);
        }
    }
}
