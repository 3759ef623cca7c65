package org.millrace.trainer.torch.kernel;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// As many numbers at once as the processor has lanes: fp32 between, fp32 or bf16 in memory. Places are
/// counted in numbers, not bytes.
final class Lanes {

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final int COUNT = FLOATS.length();

    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /// Added to a number under 2²² it leaves its whole part in the lowest bits.
    private static final float WHOLE = 0x1.8p23f;

    private static final float LOG2_E = 1.44269504f;
    private static final float LEAST = -87;
    private static final float MOST = 88;

    private Lanes() {}

    static FloatVector floats(MemorySegment memory, long at) {
        return FloatVector.fromMemorySegment(FLOATS, memory, 4 * at, ORDER);
    }

    static void put(FloatVector x, MemorySegment memory, long at) {
        x.intoMemorySegment(memory, 4 * at, ORDER);
    }

    static FloatVector halves(MemorySegment memory, long at) {
        return ((IntVector) ShortVector.fromMemorySegment(SHORTS, memory, 2 * at, ORDER)
                        .convertShape(ZERO_EXTEND_S2I, INTS, 0))
                .lanewise(LSHL, 16)
                .reinterpretAsFloats();
    }

    /// Rounds to the nearest bf16, halfway cases to the even one. What is no number stays none if it is one of
    /// those that sums, products and [#exp] make, or came from bf16.
    static void putHalves(FloatVector x, MemorySegment memory, long at) {
        IntVector bits = x.reinterpretAsInts();
        IntVector rounded = bits.add(0x7fff).add(bits.lanewise(LSHR, 16).and(1)).lanewise(LSHR, 16);
        ((ShortVector) rounded.convertShape(I2S, SHORTS, 0)).intoMemorySegment(memory, 2 * at, ORDER);
    }

    /// `eˣ`; 0 for x below −87, infinite above 88. Error: at most 3·10⁻⁷ of the result, and `7.5·10⁻⁸·|x|` of it, by
    /// log₂ e and by the rounding of the product with it.
    static FloatVector exp(FloatVector x) {
        FloatVector power = x.mul(LOG2_E);
        FloatVector whole = power.add(WHOLE);
        FloatVector rest = power.sub(whole.sub(WHOLE)); // −½ to ½
        FloatVector y = rest.mul(1.5403530e-4f).add(1.3333558e-3f); // Taylor's series of 2ʳ
        y = y.fma(rest, FloatVector.broadcast(FLOATS, 9.6181291e-3f));
        y = y.fma(rest, FloatVector.broadcast(FLOATS, 5.5504109e-2f));
        y = y.fma(rest, FloatVector.broadcast(FLOATS, 0.24022651f));
        y = y.fma(rest, FloatVector.broadcast(FLOATS, 0.69314718f));
        y = y.fma(rest, FloatVector.broadcast(FLOATS, 1));
        return y.reinterpretAsInts()
                .add(whole.reinterpretAsInts().lanewise(LSHL, 23))
                .reinterpretAsFloats()
                .blend(0, x.compare(LT, LEAST))
                .blend(Float.POSITIVE_INFINITY, x.compare(GT, MOST));
    }

    static FloatVector sigmoid(FloatVector x) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1);
        return one.div(exp(x.neg()).add(one));
    }

    /// The sum of all lanes, always in the same order: the vector's own reduction may take another one once
    /// it is compiled, and a run that goes on must find the same bits.
    static float sum(FloatVector x) {
        float[] lanes = x.toArray();
        float sum = 0;
        for (float lane : lanes) {
            sum += lane;
        }
        return sum;
    }

    /// `xᵢ ← exp(xᵢ − most)`.
    ///
    /// @return their sum
    static float powers(float[] x, int count, float most) {
        FloatVector sums = zero();
        for (int i = 0; i < count; i += COUNT) {
            FloatVector power = exp(FloatVector.fromArray(FLOATS, x, i).sub(most));
            power.intoArray(x, i);
            sums = sums.add(power);
        }
        return sum(sums);
    }

    /// `y ← scale · x`, as bf16.
    static void scaled(float[] x, int count, float scale, MemorySegment y, long at) {
        for (int i = 0; i < count; i += COUNT) {
            putHalves(FloatVector.fromArray(FLOATS, x, i).mul(scale), y, at + i);
        }
    }

    static FloatVector zero() {
        return FloatVector.zero(FLOATS);
    }
}
