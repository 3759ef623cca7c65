package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Rates;
import org.millrace.trainer.Row;

class StepTest {

    /// Ten losses of one seed in fp32: what changes them changes what is learned.
    private static final double[] GOLDEN = {
        3.131543, 3.018307, 2.926794, 2.841019, 2.735378, 2.632620, 2.519374, 2.409991, 2.292557, 2.174947
    };

    private static List<Row> rows(int count, Random random) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(Packing.alone(
                    random.ints(10 + random.nextInt(10), 0, Tiny.IDS).toArray(), 20));
        }
        return rows;
    }

    @Test
    void tenStepsAreTheGoldenOnes() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.random(Tiny.model(2, true, true), 11), ScalarType.Float);
            Optimizer optimizer =
                    new Optimizer(decoder.parameters(), new Rates(1e-2, 1e-2, 0.1, false), ScalarType.Float);
            List<Row> rows = rows(3, new Random(11));
            double[] losses = new double[GOLDEN.length];
            for (int i = 0; i < losses.length; i++) {
                losses[i] = Tiny.step(rows, decoder, optimizer).loss();
            }

            assertThat(losses).containsExactly(GOLDEN, within(1e-4));
        }
    }

    /// However a step is cut, its loss and its gradient are those of the whole, and so is the share
    /// of each kind of row.
    @Test
    void theGradientsOfPartsAddUp() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Tiny.busy(Tiny.model(2, true, true), 4), ScalarType.Float);
            List<Row> own = rows(3, new Random(1));
            List<Row> mixedIn = rows(2, new Random(2));
            Map<String, float[]> expected = new TreeMap<>();
            double loss = backward(decoder, own, mixedIn, 5, expected);
            for (int most : new int[] {1, 2, 4}) {
                Map<String, float[]> gradients = new TreeMap<>();

                assertThat(backward(decoder, own, mixedIn, most, gradients)).isCloseTo(loss, within(1e-5));

                expected.forEach((name, gradient) ->
                        assertThat(gradients.get(name)).as(name).containsExactly(gradient, within(2e-5f)));
            }
        }
    }

    private static double backward(
            Decoder decoder, List<Row> own, List<Row> mixedIn, int most, Map<String, float[]> gradients) {
        double loss = 0;
        for (Batch.Part part : Batch.parts(own, mixedIn, 0.3, most)) {
            loss += part.batch().backward(decoder);
        }
        decoder.parameters().tensors().forEach((name, tensor) -> {
            gradients.put(name, Parameters.values(tensor.grad()));
            tensor.mutable_grad().reset();
        });
        return loss;
    }

    /// A step that stands out changes nothing, and says so.
    @Test
    void anOutlierIsSkipped() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.random(Tiny.model(2, false, true), 1), ScalarType.Float);
            Optimizer optimizer = new Optimizer(decoder.parameters(), new Rates(0.1, 0.1, 0, false), ScalarType.Float);
            Outliers outliers = new Outliers();
            for (int i = 0; i < 128; i++) {
                outliers.has(0.1 + 1e-4 * i, 1);
            }
            List<Row> rows = rows(1, new Random(1));
            float[] before = Parameters.values(decoder.parameters().get("model.norm.weight"));

            Step skipped = Step.on(rows, List.of(), 0, 1, decoder, optimizer, outliers, 1);

            assertThat(skipped.outlier()).isTrue();
            assertThat(Parameters.values(decoder.parameters().get("model.norm.weight")))
                    .isEqualTo(before);
            assertThat(Tiny.step(rows, decoder, optimizer).outlier()).isFalse();
            assertThat(Parameters.values(decoder.parameters().get("model.norm.weight")))
                    .isNotEqualTo(before);
        }
    }

    /// Rows of padding only have nothing to teach, and what was learned before does not move on.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsWithoutATargetChangeNothing(boolean muon) {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.random(Tiny.model(2, false, true), 1), ScalarType.Float);
            Optimizer optimizer = new Optimizer(decoder.parameters(), new Rates(0.1, 0.1, 0.1, muon), ScalarType.Float);
            Tiny.step(List.of(Packing.alone(new int[] {1, 2, 3, 4}, 4)), decoder, optimizer);
            float[] before = Parameters.values(decoder.parameters().get("model.norm.weight"));
            int[] none = new int[4];
            Arrays.fill(none, Row.IGNORED);

            Step step = Tiny.step(List.of(new Row(new int[4], none, new int[4])), decoder, optimizer);

            assertThat(step.loss()).isZero();
            assertThat(step.norm()).isZero();
            assertThat(Parameters.values(decoder.parameters().get("model.norm.weight")))
                    .isEqualTo(before);
        }
    }
}
