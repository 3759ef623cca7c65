package org.millrace.trainer.torch.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Kernels beside loops of doubles. A bf16 is off by 2⁻⁸ of itself at most, and a sum of some of them by that
/// of its largest.
class KernelTest {

    private static final int ROWS = 70; // pieces of two kernels, and a rest
    private static final double ROUNDING = Math.scalb(1.01, -8);

    private final Arena arena = Arena.ofShared();
    private final Random random = new Random(1);

    @AfterEach
    void free() {
        arena.close();
    }

    private MemorySegment floats(int count, IntToDoubleFunction values) {
        MemorySegment memory = arena.allocate(4L * count, 64);
        for (int i = 0; i < count; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values.applyAsDouble(i));
        }
        return memory;
    }

    /// Random numbers that are bf16 already.
    private MemorySegment halves(int count, double deviation) {
        MemorySegment memory = arena.allocate(2L * count, 64);
        for (int i = 0; i < count; i++) {
            int bits = Float.floatToRawIntBits((float) (deviation * random.nextGaussian()));
            memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> 16));
        }
        return memory;
    }

    private static double half(MemorySegment memory, long at) {
        return Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at) << 16);
    }

    private static double single(MemorySegment memory, long at) {
        return memory.getAtIndex(ValueLayout.JAVA_FLOAT, at);
    }

    private static void near(double actual, double expected, double scale) {
        assertThat(actual).isCloseTo(expected, within(ROUNDING * (Math.abs(expected) + scale)));
    }

    @Test
    void powersOfEAreRightTo3e7AndEndWhereFloatsDo() {
        float[] x = new float[Lanes.COUNT];
        for (double from = -87; from < 88; from += 0.01 * x.length) {
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) Math.min(88, from + 0.01 * i);
            }
            float[] y = Lanes.exp(FloatVector.fromArray(Lanes.FLOATS, x, 0)).toArray();
            for (int i = 0; i < x.length; i++) {
                assertThat(y[i] / Math.exp(x[i])).isCloseTo(1, within(3e-7 + 1.2e-7 * Math.abs(x[i])));
            }
        }
        x[0] = -1e9f;
        x[1] = 1e9f;
        x[2] = Float.NaN;
        x[3] = Float.NEGATIVE_INFINITY;
        float[] y = Lanes.exp(FloatVector.fromArray(Lanes.FLOATS, x, 0)).toArray();
        assertThat(y[0]).isZero();
        assertThat(y[1]).isInfinite();
        assertThat(y[2]).isNaN();
        assertThat(y[3]).isZero();
    }

    @Test
    void halvesRoundToTheNearest() {
        MemorySegment rounded = arena.allocate(2L * Lanes.COUNT, 64);
        for (int trial = 0; trial < 100; trial++) {
            MemorySegment x = floats(Lanes.COUNT, i -> random.nextGaussian());
            Lanes.putHalves(Lanes.floats(x, 0), rounded, 0);
            for (int i = 0; i < Lanes.COUNT; i++) {
                near(half(rounded, i), single(x, i), 0);
            }
        }
    }

    @Test
    void gates() {
        int F = 48;
        MemorySegment gateUp = halves(ROWS * 2 * F, 3);
        MemorySegment dy = halves(ROWS * F, 1);
        MemorySegment y = halves(ROWS * F, 1);
        MemorySegment back = arena.allocate(gateUp.byteSize(), 64).copyFrom(gateUp);
        Gate gate = new Gate(2, F);

        gate.of(ROWS, gateUp, y);
        gate.back(ROWS, back, dy);

        for (int row = 0; row < ROWS; row++) {
            for (int f = 0; f < F; f++) {
                double g = half(gateUp, 2L * row * F + f);
                double u = half(gateUp, 2L * row * F + F + f);
                double d = half(dy, (long) row * F + f);
                double open = 1 / (1 + Math.exp(-g));
                near(half(y, (long) row * F + f), g * open * u, 1e-6);
                near(half(back, 2L * row * F + f), d * u * open * (1 + g * (1 - open)), 1e-3);
                near(half(back, 2L * row * F + F + f), d * g * open, 1e-6);
            }
        }
    }

    @Test
    void lossesAndWhatTheySendBack() {
        int V = 160;
        MemorySegment logits = halves(ROWS * V, 4);
        MemorySegment before = arena.allocate(logits.byteSize(), 64).copyFrom(logits);
        MemorySegment labels = arena.allocate(8L * ROWS, 64);
        for (int row = 0; row < ROWS; row++) {
            labels.setAtIndex(ValueLayout.JAVA_LONG, row, random.nextInt(V));
        }
        MemorySegment weights = floats(ROWS, i -> random.nextDouble());
        MemorySegment nats = floats(ROWS, i -> 0);

        new Loss(2, V).of(ROWS, logits, labels, weights, nats);

        for (int row = 0; row < ROWS; row++) {
            int label = (int) labels.getAtIndex(ValueLayout.JAVA_LONG, row);
            double sum = 0;
            for (int j = 0; j < V; j++) {
                sum += Math.exp(half(before, (long) row * V + j));
            }
            assertThat(single(nats, row)).isCloseTo(Math.log(sum) - half(before, (long) row * V + label), within(1e-5));
            for (int j = 0; j < V; j++) {
                double share = Math.exp(half(before, (long) row * V + j)) / sum;
                near(half(logits, (long) row * V + j), single(weights, row) * (share - (j == label ? 1 : 0)), 1e-5);
            }
        }
    }

    /// Queries 32 to 63 of 64, some keys of which the mask hides.
    @Test
    void sharesSeeNothingThatLiesAheadOrIsMasked() {
        int T = 64;
        int from = 32;
        int sequences = 4;
        MemorySegment shares = halves(sequences * (T - from) * T, 3);
        MemorySegment scores = arena.allocate(shares.byteSize(), 64).copyFrom(shares);
        MemorySegment gradient = halves(sequences * (T - from) * T, 1);
        MemorySegment before = arena.allocate(gradient.byteSize(), 64).copyFrom(gradient);
        boolean[] hidden = new boolean[2 * T * T];
        for (int i = 0; i < hidden.length; i++) {
            int query = i / T % T;
            hidden[i] = i % T > query || i % T < query && random.nextInt(3) == 0;
        }
        MemorySegment mask = floats(hidden.length, i -> hidden[i] ? -1e9 : 0);
        Shares kernel = new Shares(2, 2, T, from, T);

        kernel.of(sequences, shares, mask);
        kernel.back(sequences, shares, gradient);

        for (int row = 0; row < sequences * (T - from); row++) {
            int query = from + row % (T - from);
            int masked = (row / (T - from) / 2 * T + query) * T;
            double sum = 0;
            double mean = 0;
            for (int j = 0; j < T; j++) {
                sum += hidden[masked + j] ? 0 : Math.exp(half(scores, (long) row * T + j));
                mean += half(shares, (long) row * T + j) * (j > query ? 0 : half(before, (long) row * T + j));
            }
            for (int j = 0; j < T; j++) {
                long at = (long) row * T + j;
                if (hidden[masked + j]) {
                    assertThat(half(shares, at)).isZero();
                    assertThat(half(gradient, at)).isZero();
                } else {
                    near(half(shares, at), Math.exp(half(scores, at)) / sum, 1e-6);
                    near(half(gradient, at), half(shares, at) * (half(before, at) - mean), 1e-4);
                }
            }
        }
    }

    @Test
    void norms() {
        int C = 48;
        double epsilon = 1e-2;
        MemorySegment x = floats(ROWS * C, i -> random.nextGaussian());
        MemorySegment more = halves(ROWS * C, 1);
        MemorySegment w = floats(C, i -> random.nextGaussian());
        MemorySegment dy = halves(ROWS * C, 1);
        MemorySegment sum = floats(ROWS * C, i -> 0);
        MemorySegment y = halves(ROWS * C, 1);
        MemorySegment alone = halves(ROWS * C, 1);
        MemorySegment s = floats(ROWS, i -> 0);
        MemorySegment dx = floats(ROWS * C, i -> i % 7);
        MemorySegment dxHalves = halves(ROWS * C, 1);
        MemorySegment sums = floats(Norm.pieces(ROWS) * C, i -> 9);
        Norm norm = new Norm(2, C, epsilon);

        norm.ofSum(ROWS, x, more, sum, w, y, s);
        norm.of(ROWS, sum, w, alone, s);
        norm.back(ROWS, dy, sum, w, s, dx, dxHalves, sums);

        assertThat(alone.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(y.toArray(ValueLayout.JAVA_BYTE));
        double[] dw = new double[C];
        for (int row = 0; row < ROWS; row++) {
            double squares = 0;
            double along = 0;
            for (int c = 0; c < C; c++) {
                int at = row * C + c;
                double v = single(x, at) + half(more, at);
                assertThat(single(sum, at)).isCloseTo(v, within(1e-6));
                squares += v * v;
                along += half(dy, at) * single(w, c) * v;
            }
            double scale = 1 / Math.sqrt(squares / C + epsilon);
            assertThat(single(s, row)).isCloseTo(scale, within(1e-5));
            for (int c = 0; c < C; c++) {
                int at = row * C + c;
                double v = single(sum, at);
                near(half(y, at), v * scale * single(w, c), 1e-6);
                double expected = at % 7 + scale * (half(dy, at) * single(w, c) - v * scale * scale * along / C);
                assertThat(single(dx, at)).isCloseTo(expected, within(1e-4));
                near(half(dxHalves, at), expected, 1e-3);
                dw[c] += half(dy, at) * v * scale;
            }
        }
        for (int c = 0; c < C; c++) {
            double found = 0;
            for (int piece = 0; piece < Norm.pieces(ROWS); piece++) {
                found += single(sums, piece * C + c);
            }
            assertThat(found).isCloseTo(dw[c], within(1e-4));
        }
    }

    /// Two rows of three positions; back, two parts of queries, whose keys and values overlap.
    @Test
    void rotations() {
        int T = 3;
        int H = 2;
        int D = 32;
        double theta = 100;
        int rows = 2 * T;
        int wide = 3 * H * D;
        MemorySegment qkv = halves(rows * wide, 1);
        MemorySegment q = halves(rows * H * D, 1);
        MemorySegment k = halves(rows * H * D, 1);
        MemorySegment v = halves(rows * H * D, 1);
        MemorySegment dqkv = halves(rows * wide, 1);
        int[] starts = {0, 2};
        MemorySegment[] dq = {halves(2 * H * 2 * D, 1), halves(2 * H * D, 1)};
        MemorySegment[] dk = {halves(2 * H * 2 * D, 1), halves(2 * H * 3 * D, 1)};
        MemorySegment[] dv = {halves(2 * H * 2 * D, 1), halves(2 * H * 3 * D, 1)};
        Rotation rotation = Rotation.of(2, H, D, T, theta);

        rotation.of(rows, T, qkv, q, k, v);
        rotation.back(rows, T, starts, dq, dk, dv, dqkv);

        for (int row = 0; row < rows; row++) {
            int t = row % T;
            for (int head = 0; head < H; head++) {
                int sequence = row / T * H + head;
                for (int i = 0; i < D; i++) {
                    double angle = t * Math.pow(theta, -2.0 * (i % (D / 2)) / D);
                    int other = (i + D / 2) % D;
                    double sine = (i < D / 2 ? -1 : 1) * Math.sin(angle);
                    double scale = 1 / Math.sqrt(D);
                    int source = row * wide + head * D;
                    int target = (sequence * T + t) * D;
                    int key = source + H * D;
                    near(
                            half(q, target + i),
                            scale * (half(qkv, source + i) * Math.cos(angle) + half(qkv, source + other) * sine),
                            2e-3);
                    near(
                            half(k, target + i),
                            half(qkv, key + i) * Math.cos(angle) + half(qkv, key + other) * sine,
                            1e-2);
                    assertThat(half(v, target + i)).isEqualTo(half(qkv, key + H * D + i));
                    int part = t < 2 ? 0 : 1;
                    int query = (part == 0 ? sequence * 2 + t : sequence) * D;
                    near(
                            half(dqkv, source + i),
                            scale
                                    * (half(dq[part], query + i) * Math.cos(angle)
                                            - half(dq[part], query + other) * sine),
                            2e-3);
                    double own = 0;
                    double others = 0;
                    double values = 0;
                    for (int each = part; each < 2; each++) {
                        int at = (sequence * (2 + each) + t) * D;
                        own += half(dk[each], at + i);
                        others += half(dk[each], at + other);
                        values += half(dv[each], at + i);
                    }
                    near(half(dqkv, key + i), own * Math.cos(angle) - others * sine, 1e-2);
                    near(half(dqkv, key + H * D + i), values, 1e-6);
                }
            }
        }
    }

    /// The same bits whoever does the work, interpreted or compiled: a run that goes on finds what it left.
    @Test
    void threadsDoNotChangeABit() {
        int C = 64;
        MemorySegment dy = halves(ROWS * C, 1);
        MemorySegment x = floats(ROWS * C, i -> random.nextGaussian());
        MemorySegment w = floats(C, i -> random.nextGaussian());
        MemorySegment s = floats(ROWS, i -> 0.5 + random.nextDouble());
        byte[] first = {};
        for (int round = 0; round < 40; round++) {
            MemorySegment dx = floats(ROWS * C, i -> i % 7);
            MemorySegment sums = floats(Norm.pieces(ROWS) * C, i -> 0);
            new Norm(1 + round % 3, C, 1e-5).back(ROWS, dy, x, w, s, dx, halves(ROWS * C, 1), sums);
            byte[] bits = sums.toArray(ValueLayout.JAVA_BYTE);
            if (round > 0) {
                assertThat(bits).isEqualTo(first);
            }
            first = bits;
        }
    }
}
