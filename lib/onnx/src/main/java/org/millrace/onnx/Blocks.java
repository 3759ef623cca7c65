package org.millrace.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.millrace.checkpoint.TensorData;

/// A matrix in few bits, as `com.microsoft.MatMulNBits` reads it. Each row is cut into blocks of B numbers, with one
/// scale `s` each. With b bits and `m` the number of a block that is farthest from 0, sign included:
///
/// ```text
/// s = −m / 2^(b−1)      c = min(round(w / s) + 2^(b−1), 2^b − 1)      w ≈ s · (c − 2^(b−1))
/// ```
///
/// So `m` itself is exact, and every other number is off by at most |s|/2 — or |s| at the far end of the other
/// sign. A last block that is not full is filled with what stands for 0.
///
/// - **B:** 32 for 4 bits. For 8, which round 16 times finer, the largest of 128, 64 and 32 that fills a row, or 32:
///   every product of two blocks is scaled by itself, so fewer blocks take less time.
/// - **codes:** (N, blocks, B·b/8) bytes; of two codes in a byte the first is the lower.
/// - **scales:** (N, blocks) fp32.
/// - **cost:** one pass over the numbers.
record Blocks(Weight.Bytes codes, Weight.Real scales) {

    private static final int SMALLEST = 32;
    private static final int LARGEST = 128;

    /// @param bits 4 or 8
    /// @param inner numbers of a row
    /// @return B
    static int size(int bits, long inner) {
        int size = bits == 8 ? LARGEST : SMALLEST;
        while (size > SMALLEST && inner % size != 0) {
            size /= 2;
        }
        return size;
    }

    /// @param matrix (N,K), finite
    /// @param bits 4 or 8
    /// @param arena for codes
    /// @param ofScales for scales
    static Blocks of(TensorData matrix, int bits, Arena arena, Arena ofScales) {
        int rows = Math.toIntExact(matrix.shape()[0]);
        int inner = Math.toIntExact(matrix.shape()[1]);
        int size = size(bits, inner);
        int blocks = Math.ceilDiv(inner, size);
        int bytes = size * bits / 8;
        ByteBuffer codes =
                arena.allocate((long) rows * blocks * bytes, Long.BYTES).asByteBuffer();
        FloatBuffer scales = ofScales.allocate(ValueLayout.JAVA_FLOAT, (long) rows * blocks)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        float[] row = new float[blocks * size]; // behind `inner` it stays 0
        byte[] packed = new byte[bytes];
        FloatBuffer values = matrix.values().duplicate();
        for (int n = 0; n < rows; n++) {
            values.get(row, 0, inner);
            for (int block = 0; block < blocks; block++) {
                scales.put(pack(row, block * size, bits, packed));
                codes.put(packed);
            }
        }
        return new Blocks(
                new Weight.Bytes(new long[] {rows, blocks, bytes}, codes.flip()),
                new Weight.Real(new long[] {rows, blocks}, scales.flip()));
    }

    /// @return the scale
    private static float pack(float[] values, int from, int bits, byte[] into) {
        int perByte = 8 / bits;
        float farthest = 0;
        for (int i = from; i < from + perByte * into.length; i++) {
            if (Math.abs(values[i]) > Math.abs(farthest)) {
                farthest = values[i];
            }
        }
        int zero = 1 << (bits - 1);
        float scale = -farthest / zero;
        float inverse = scale == 0 || Float.isInfinite(1 / scale) ? 0 : 1 / scale; // else all of them are as good as 0
        for (int i = 0; i < into.length; i++) {
            int both = 0;
            for (int part = 0; part < perByte; part++) {
                int code = Math.min(Math.round(values[from + i * perByte + part] * inverse) + zero, 2 * zero - 1);
                both |= code << (part * bits);
            }
            into[i] = (byte) both;
        }
        return inverse == 0 ? 0 : scale;
    }
}
