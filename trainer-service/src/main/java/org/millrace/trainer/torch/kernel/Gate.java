package org.millrace.trainer.torch.kernel;

import static org.millrace.trainer.torch.kernel.Lanes.COUNT;
import static org.millrace.trainer.torch.kernel.Lanes.FLOATS;
import static org.millrace.trainer.torch.kernel.Lanes.halves;
import static org.millrace.trainer.torch.kernel.Lanes.putHalves;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// `y = g · σ(g) · u`, where g and u lie behind each other in a row, all bf16.
///
/// @param threads that share the rows
/// @param hidden F, a multiple of 16
public record Gate(int threads, int hidden) {

    private static final int PIECE = 32;

    /// @param gateUp (N, 2F)
    /// @param y (N, F), overwritten
    public void of(int rows, MemorySegment gateUp, MemorySegment y) {
        Crew.share(threads, rows, PIECE, (from, to, piece) -> of(from, to, hidden, gateUp, y));
    }

    /// @param gateUp (N, 2F): overwritten with its gradient
    /// @param dy (N, F)
    public void back(int rows, MemorySegment gateUp, MemorySegment dy) {
        Crew.share(threads, rows, PIECE, (from, to, piece) -> {
            float[] open = new float[hidden];
            for (int row = from; row < to; row++) {
                long gate = 2L * row * hidden;
                open(hidden, gateUp, gate, open);
                back(hidden, gateUp, gate, dy, (long) row * hidden, open);
            }
        });
    }

    private static void of(int from, int to, int F, MemorySegment gateUp, MemorySegment y) {
        for (int row = from; row < to; row++) {
            long gate = 2L * row * F;
            long at = (long) row * F;
            for (int f = 0; f < F; f += COUNT) {
                FloatVector g = halves(gateUp, gate + f);
                putHalves(Lanes.sigmoid(g).mul(g).mul(halves(gateUp, gate + F + f)), y, at + f);
            }
        }
    }

    /// σ of a row's gates.
    private static void open(int F, MemorySegment gateUp, long gate, float[] open) {
        for (int f = 0; f < F; f += COUNT) {
            Lanes.sigmoid(halves(gateUp, gate + f)).intoArray(open, f);
        }
    }

    private static void back(int F, MemorySegment gateUp, long gate, MemorySegment dy, long at, float[] open) {
        for (int f = 0; f < F; f += COUNT) {
            FloatVector g = halves(gateUp, gate + f);
            FloatVector d = halves(dy, at + f);
            FloatVector share = FloatVector.fromArray(FLOATS, open, f);
            FloatVector through = share.mul(g);
            // ∂(g·σ)/∂g = σ + g·σ·(1 − σ)
            FloatVector slope = through.sub(through.mul(share)).add(share);
            FloatVector u = halves(gateUp, gate + F + f);
            putHalves(d.mul(u).mul(slope), gateUp, gate + f);
            putHalves(d.mul(through), gateUp, gate + F + f);
        }
    }
}
