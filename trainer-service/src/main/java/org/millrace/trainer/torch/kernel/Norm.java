package org.millrace.trainer.torch.kernel;

import static org.millrace.trainer.torch.kernel.Lanes.COUNT;
import static org.millrace.trainer.torch.kernel.Lanes.floats;
import static org.millrace.trainer.torch.kernel.Lanes.halves;
import static org.millrace.trainer.torch.kernel.Lanes.put;
import static org.millrace.trainer.torch.kernel.Lanes.putHalves;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// `y = x · s · w` with `s = 1 / √(mean(x²) + ε)` of each row, and what goes back through it.
///
/// @param threads that share the rows
/// @param width C, a multiple of 16
/// @param epsilon ε
public record Norm(int threads, int width, double epsilon) {

    private static final int PIECE = 64;

    /// How many pieces the rows have, each with sums of its own for the weight's gradient.
    public static int pieces(int rows) {
        return Crew.pieces(rows, PIECE);
    }

    /// @param x (N, C), fp32
    /// @param w (C), fp32
    /// @param y (N, C), bf16, overwritten
    /// @param s (N), fp32, overwritten
    public void of(int rows, MemorySegment x, MemorySegment w, MemorySegment y, MemorySegment s) {
        Crew.share(threads, rows, PIECE, (from, to, piece) -> of(from, to, width, epsilon, x, w, y, s));
    }

    /// The same of `x + more`, which is kept.
    ///
    /// @param more (N, C), bf16
    /// @param sum (N, C), fp32, overwritten
    public void ofSum(
            int rows,
            MemorySegment x,
            MemorySegment more,
            MemorySegment sum,
            MemorySegment w,
            MemorySegment y,
            MemorySegment s) {
        Crew.share(threads, rows, PIECE, (from, to, piece) -> {
            add(from, to, width, x, more, sum);
            of(from, to, width, epsilon, sum, w, y, s);
        });
    }

    /// `dx ← dx + ∂/∂x`, `sums[piece] ← ∂/∂w`.
    ///
    /// @param dy (N, C), bf16
    /// @param dx (N, C), fp32: what the row's other uses found, added to
    /// @param dxHalves (N, C), bf16: the same, overwritten
    /// @param sums (pieces, C), fp32, overwritten
    public void back(
            int rows,
            MemorySegment dy,
            MemorySegment x,
            MemorySegment w,
            MemorySegment s,
            MemorySegment dx,
            MemorySegment dxHalves,
            MemorySegment sums) {
        Crew.share(
                threads,
                rows,
                PIECE,
                (from, to, piece) -> back(from, to, piece, width, dy, x, w, s, dx, dxHalves, sums));
    }

    private static void add(int from, int to, int C, MemorySegment x, MemorySegment more, MemorySegment sum) {
        for (long at = (long) from * C; at < (long) to * C; at += COUNT) {
            put(floats(x, at).add(halves(more, at)), sum, at);
        }
    }

    private static void of(
            int from,
            int to,
            int C,
            double epsilon,
            MemorySegment x,
            MemorySegment w,
            MemorySegment y,
            MemorySegment s) {
        for (int row = from; row < to; row++) {
            long at = (long) row * C;
            FloatVector squares = Lanes.zero();
            for (int c = 0; c < C; c += COUNT) {
                FloatVector v = floats(x, at + c);
                squares = v.fma(v, squares);
            }
            float scale = (float) (1 / Math.sqrt(Lanes.sum(squares) / C + epsilon));
            s.setAtIndex(ValueLayout.JAVA_FLOAT, row, scale);
            for (int c = 0; c < C; c += COUNT) {
                putHalves(floats(x, at + c).mul(scale).mul(floats(w, c)), y, at + c);
            }
        }
    }

    private static void back(
            int from,
            int to,
            int piece,
            int C,
            MemorySegment dy,
            MemorySegment x,
            MemorySegment w,
            MemorySegment s,
            MemorySegment dx,
            MemorySegment dxHalves,
            MemorySegment sums) {
        long sum = (long) piece * C;
        for (int c = 0; c < C; c += COUNT) {
            put(Lanes.zero(), sums, sum + c);
        }
        for (int row = from; row < to; row++) {
            long at = (long) row * C;
            FloatVector dots = Lanes.zero();
            for (int c = 0; c < C; c += COUNT) {
                dots = halves(dy, at + c).mul(floats(w, c)).fma(floats(x, at + c), dots);
            }
            float scale = s.getAtIndex(ValueLayout.JAVA_FLOAT, row);
            float along = Lanes.sum(dots) / C * scale * scale;
            for (int c = 0; c < C; c += COUNT) {
                FloatVector d = halves(dy, at + c);
                FloatVector v = floats(x, at + c);
                put(d.mul(v).mul(scale).add(floats(sums, sum + c)), sums, sum + c);
                FloatVector through = d.mul(floats(w, c)).sub(v.mul(along)).mul(scale);
                FloatVector all = floats(dx, at + c).add(through);
                put(all, dx, at + c);
                putHalves(all, dxHalves, at + c);
            }
        }
    }
}
