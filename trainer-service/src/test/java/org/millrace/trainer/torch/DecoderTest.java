package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Example;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;

class DecoderTest {

    static Stream<ModelConfig> models() {
        return Stream.of(
                Tiny.model(4, false, true),
                Tiny.model(2, false, false),
                Tiny.model(1, true, true),
                Tiny.model(2, true, true).withScalarHead());
    }

    private static int[] ids(int length, long seed) {
        return new Random(seed).ints(length, 0, Tiny.IDS).toArray();
    }

    private static float[] outputs(Decoder decoder, List<Row> rows) {
        Batch batch = Batch.of(rows);
        Tensor hidden = decoder.hidden(batch.ids(), batch.mask());
        return Parameters.values(decoder.config().scalarHead() ? decoder.scores(hidden) : decoder.logits(hidden));
    }

    /// fp32 against doubles: sums of some dozen products of size 1.
    @ParameterizedTest
    @MethodSource("models")
    void agreesWithTheNaiveTwinWithin1e4(ModelConfig config) {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(config, 5);
            int[] ids = ids(17, 1);

            float[] actual = outputs(new Decoder(parameters, ScalarType.Float), List.of(Packing.alone(ids, 17)));

            double[][] expected = new NaiveDecoder(parameters).outputs(ids);
            int V = expected[0].length;
            for (int t = 0; t < ids.length; t++) {
                for (int v = 0; v < V; v++) {
                    assertThat((double) actual[t * V + v])
                            .as("position %d, output %d", t, v)
                            .isCloseTo(expected[t][v], within(1e-4));
                }
            }
        }
    }

    /// Every kind of tensor, some of its numbers: `(loss(p + h) − loss(p − h)) / 2h` against
    /// `backward`. The step balances rounding (2⁻²⁴·loss/h) against curvature (h²); both are
    /// under a thousandth here.
    @ParameterizedTest
    @MethodSource("models")
    void gradientsAreThoseOfFiniteDifferences(ModelConfig config) {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(config, 6);
            Decoder decoder = new Decoder(parameters, ScalarType.Float);
            List<Row> rows = List.of(Packing.alone(ids(14, 2), 16), Packing.alone(ids(16, 3), 16));
            loss(decoder, rows).backward();
            Random random = new Random(9);
            float h = 1e-2f;
            parameters.tensors().forEach((name, tensor) -> {
                float[] gradient = Parameters.values(tensor.grad());
                FloatPointer values = tensor.data_ptr_float();
                for (int trial = 0; trial < 6; trial++) {
                    int at = random.nextInt(gradient.length);
                    float before = values.get(at);
                    values.put(at, before + h);
                    double above = value(decoder, rows);
                    values.put(at, before - h);
                    double below = value(decoder, rows);
                    values.put(at, before);
                    assertThat((above - below) / (2 * h))
                            .as("%s[%d]", name, at)
                            .isCloseTo(gradient[at], within(2e-3 + 0.02 * Math.abs(gradient[at])));
                }
            });
        }
    }

    private static Tensor loss(Decoder decoder, List<Row> rows) {
        return decoder.config().scalarHead()
                ? decoder.scores(hidden(decoder, rows)).square().mean()
                : Batch.of(rows).loss(decoder);
    }

    private static Tensor hidden(Decoder decoder, List<Row> rows) {
        Batch batch = Batch.of(rows);
        return decoder.hidden(batch.ids(), batch.mask());
    }

    private static double value(Decoder decoder, List<Row> rows) {
        try (PointerScope scope = new PointerScope()) {
            return loss(decoder, rows).item_double();
        }
    }

    /// Two sequences in one row get what each gets alone: no attention across, and positions are
    /// relative.
    @Test
    void sequencesInOneRowDoNotSeeEachOther() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Tiny.busy(Tiny.model(2, false, true), 7), ScalarType.Float);
            Example first = Example.document(ids(9, 4), 1);
            Example second = Example.document(ids(8, 5), 1);
            List<Row> packed = Packing.whole(List.of(first, second), 20, new Random(0));
            List<Row> apart = List.of(Packing.alone(first.tokens(), 9), Packing.alone(second.tokens(), 9));

            double together = Batch.of(packed).loss(decoder).item_double();
            double alone = Batch.of(apart).loss(decoder).item_double();

            assertThat(packed).hasSize(1);
            assertThat(together).isCloseTo(alone, within(1e-5));
        }
    }

    @Test
    void laterTokensDoNotChangeEarlierLogits() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Tiny.busy(Tiny.model(4, true, true), 8), ScalarType.Float);
            int[] ids = ids(10, 6);
            int[] changed = ids.clone();
            changed[9] = (changed[9] + 1) % Tiny.IDS;

            float[] before = outputs(decoder, List.of(Packing.alone(ids, 10)));
            float[] after = outputs(decoder, List.of(Packing.alone(changed, 10)));

            for (int i = 0; i < 9 * Tiny.IDS; i++) {
                assertThat(after[i]).isEqualTo(before[i]);
            }
        }
    }

    /// bf16 has 8 bits of mantissa: logits of size 3 after two blocks are off by some hundredths.
    @Test
    void reducedPrecisionStaysNear() {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(Tiny.model(4, false, true), 5);
            List<Row> rows = List.of(Packing.alone(ids(17, 1), 17));

            double exact = Batch.of(rows)
                    .loss(new Decoder(parameters, ScalarType.Float))
                    .item_double();
            double reduced = Batch.of(rows)
                    .loss(new Decoder(parameters, ScalarType.BFloat16))
                    .item_double();

            assertThat(reduced).isCloseTo(exact, within(0.05)).isNotEqualTo(exact);
        }
    }

    @Test
    void theSecondKindOfRowsMakesItsShareOfTheLoss() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Tiny.busy(Tiny.model(4, false, true), 5), ScalarType.Float);
            List<Row> short1 = List.of(Packing.alone(ids(4, 1), 16));
            List<Row> long1 = Collections.nCopies(2, Packing.alone(ids(16, 2), 16));
            double a = Batch.of(short1).loss(decoder).item_double();
            double b = Batch.of(long1).loss(decoder).item_double();

            assertThat(Batch.of(short1, long1, 0.25).loss(decoder).item_double())
                    .isCloseTo(0.75 * a + 0.25 * b, within(1e-5));
        }
    }
}
