package org.millrace.trainer.torch.kernel;

import static org.millrace.trainer.torch.kernel.Lanes.COUNT;
import static org.millrace.trainer.torch.kernel.Lanes.FLOATS;
import static org.millrace.trainer.torch.kernel.Lanes.halves;
import static org.millrace.trainer.torch.kernel.Lanes.putHalves;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Queries, keys and values as the products of attention want them, position after position of one head,
/// from rows that have all heads of one position, `q₀ … k₀ … v₀ …`: queries and keys turned by their
/// position, channel i with channel i + D/2, and queries times 1/√D. All bf16.
///
/// @param threads that share the rows
/// @param heads H
/// @param headWidth D, a multiple of 32
/// @param cos (T, D/2) and at least as many positions as rows of the batch have
/// @param sin the same
public record Rotation(int threads, int heads, int headWidth, float[] cos, float[] sin) {

    private static final int PIECE = 32;

    /// For positions 0 to `context − 1`.
    public static Rotation of(int threads, int heads, int headWidth, int context, double theta) {
        int half = headWidth / 2;
        float[] cos = new float[context * half];
        float[] sin = new float[context * half];
        for (int position = 0; position < context; position++) {
            for (int i = 0; i < half; i++) {
                double angle = position * Math.pow(theta, -2.0 * i / headWidth);
                cos[position * half + i] = (float) Math.cos(angle);
                sin[position * half + i] = (float) Math.sin(angle);
            }
        }
        return new Rotation(threads, heads, headWidth, cos, sin);
    }

    /// @param T positions of a row of the batch
    /// @param qkv (B·T, 3H·D)
    /// @param q (B·H, T, D), overwritten; so are k and v
    public void of(int rows, int T, MemorySegment qkv, MemorySegment q, MemorySegment k, MemorySegment v) {
        float scale = (float) (1 / Math.sqrt(headWidth));
        Crew.share(threads, rows, PIECE, (from, to, piece) -> {
            for (int row = from; row < to; row++) {
                int t = row % T;
                long source = (long) row * 3 * heads * headWidth;
                long target = ((long) (row / T) * heads * T + t) * headWidth;
                int apart = T * headWidth;
                turn(cos, sin, heads, headWidth, t, scale, qkv, source, q, target, apart);
                turn(cos, sin, heads, headWidth, t, 1, qkv, source + heads * headWidth, k, target, apart);
                for (int head = 0; head < heads; head++) {
                    long value = source + (2 * heads + head) * headWidth;
                    MemorySegment.copy(qkv, 2 * value, v, 2 * (target + (long) head * apart), 2L * headWidth);
                }
            }
        });
    }

    /// @param starts the first query of each part; a part has those up to the next part's, and keys and
    ///     values from 0 to there
    /// @param dq of each part (B·H, queries, D)
    /// @param dk of each part (B·H, keys, D): they add up; so do those of dv
    /// @param dqkv (B·T, 3H·D), overwritten
    public void back(
            int rows,
            int T,
            int[] starts,
            MemorySegment[] dq,
            MemorySegment[] dk,
            MemorySegment[] dv,
            MemorySegment dqkv) {
        float scale = (float) (1 / Math.sqrt(headWidth));
        int[] ends = Arrays.copyOfRange(starts, 1, starts.length + 1);
        ends[starts.length - 1] = T;
        Crew.share(threads, rows, PIECE, (from, to, piece) -> {
            for (int row = from; row < to; row++) {
                int t = row % T;
                int own = 0;
                while (ends[own] <= t) {
                    own++;
                }
                int queries = ends[own] - starts[own];
                long first = (long) (row / T) * heads; // of the B·H
                long target = (long) row * 3 * heads * headWidth;
                long query = (first * queries + t - starts[own]) * headWidth;
                turnBack(cos, sin, heads, headWidth, t, scale, dq[own], query, queries * headWidth, dqkv, target);
                long key = target + heads * headWidth;
                turnBack(cos, sin, heads, headWidth, t, dk, own, ends, first, dqkv, key);
                sum(heads, headWidth, t, dv, own, ends, first, dqkv, key + heads * headWidth);
            }
        });
    }

    /// All heads of one position, which lie behind each other in x and apart in y.
    private static void turn(
            float[] cos,
            float[] sin,
            int H,
            int D,
            int t,
            float scale,
            MemorySegment x,
            long from,
            MemorySegment y,
            long to,
            int apart) {
        int half = D / 2;
        for (int i = 0; i < half; i += COUNT) {
            FloatVector c = FloatVector.fromArray(FLOATS, cos, t * half + i).mul(scale);
            FloatVector s = FloatVector.fromArray(FLOATS, sin, t * half + i).mul(scale);
            for (int head = 0; head < H; head++) {
                long source = from + (long) head * D + i;
                long target = to + (long) head * apart + i;
                FloatVector low = halves(x, source);
                FloatVector high = halves(x, source + half);
                putHalves(low.mul(c).sub(high.mul(s)), y, target);
                putHalves(high.mul(c).add(low.mul(s)), y, target + half);
            }
        }
    }

    private static void turnBack(
            float[] cos,
            float[] sin,
            int H,
            int D,
            int t,
            float scale,
            MemorySegment x,
            long from,
            int apart,
            MemorySegment y,
            long to) {
        int half = D / 2;
        for (int i = 0; i < half; i += COUNT) {
            FloatVector c = FloatVector.fromArray(FLOATS, cos, t * half + i).mul(scale);
            FloatVector s = FloatVector.fromArray(FLOATS, sin, t * half + i).mul(scale);
            for (int head = 0; head < H; head++) {
                long source = from + (long) head * apart + i;
                long target = to + (long) head * D + i;
                FloatVector low = halves(x, source);
                FloatVector high = halves(x, source + half);
                putHalves(low.mul(c).add(high.mul(s)), y, target);
                putHalves(high.mul(c).sub(low.mul(s)), y, target + half);
            }
        }
    }

    private static void turnBack(
            float[] cos,
            float[] sin,
            int H,
            int D,
            int t,
            MemorySegment[] parts,
            int own,
            int[] ends,
            long first,
            MemorySegment y,
            long to) {
        int half = D / 2;
        for (int i = 0; i < half; i += COUNT) {
            FloatVector c = FloatVector.fromArray(FLOATS, cos, t * half + i);
            FloatVector s = FloatVector.fromArray(FLOATS, sin, t * half + i);
            for (int head = 0; head < H; head++) {
                FloatVector low = Lanes.zero();
                FloatVector high = Lanes.zero();
                for (int part = own; part < parts.length; part++) {
                    long source = ((first + head) * ends[part] + t) * D + i;
                    low = low.add(halves(parts[part], source));
                    high = high.add(halves(parts[part], source + half));
                }
                long target = to + (long) head * D + i;
                putHalves(low.mul(c).add(high.mul(s)), y, target);
                putHalves(high.mul(c).sub(low.mul(s)), y, target + half);
            }
        }
    }

    private static void sum(
            int H, int D, int t, MemorySegment[] parts, int own, int[] ends, long first, MemorySegment y, long to) {
        for (int head = 0; head < H; head++) {
            for (int i = 0; i < D; i += COUNT) {
                FloatVector all = Lanes.zero();
                for (int part = own; part < parts.length; part++) {
                    all = all.add(halves(parts[part], ((first + head) * ends[part] + t) * D + i));
                }
                putHalves(all, y, to + (long) head * D + i);
            }
        }
    }
}
