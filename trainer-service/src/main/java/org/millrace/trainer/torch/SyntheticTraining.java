package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.Rates;
import org.millrace.trainer.Row;

/// Whole steps of pretraining on random tokens: what `bench train` measures.
public final class SyntheticTraining implements AutoCloseable {

    private static final int PRODUCT = 2_048;

    private final PointerScope scope = new PointerScope();
    private final ModelConfig config;
    private final int rows;
    private final Gradients gradients;
    private final Optimizer optimizer;
    private final Outliers outliers = new Outliers();
    private final Random random = new Random(1);

    /// @param rows of a batch, each as long as the context
    /// @param threads that libtorch computes on
    /// @param recompute whether the backward pass runs each block again
    public SyntheticTraining(ModelConfig config, int rows, Rates rates, int threads, boolean recompute) {
        this(config, rows, rates, threads, recompute, new Alone());
    }

    /// @param rows of a batch of all ranks together
    /// @param ranks that make each step together
    public SyntheticTraining(ModelConfig config, int rows, Rates rates, int threads, boolean recompute, Ranks ranks) {
        torch.set_num_threads(threads);
        this.config = config;
        this.rows = rows;
        Decoder decoder = new Decoder(Parameters.random(config, 1), ScalarType.BFloat16, recompute);
        this.gradients = ranks.gradients(decoder, rows);
        this.optimizer = new Optimizer(decoder.parameters(), rates, ScalarType.BFloat16);
    }

    /// Forward, backward, clipping and update on a fresh batch.
    ///
    /// @return loss, nats
    public double step() {
        List<Row> batch = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            int[] ids =
                    random.ints(config.context() + 1L, 0, config.vocabulary()).toArray();
            int[] inputs = new int[config.context()];
            int[] labels = new int[config.context()];
            System.arraycopy(ids, 0, inputs, 0, inputs.length);
            System.arraycopy(ids, 1, labels, 0, labels.length);
            batch.add(new Row(inputs, labels, new int[config.context()]));
        }
        return Step.on(gradients, batch, List.of(), 0, optimizer, outliers, 1).loss();
    }

    /// What the machine's matrix product reaches: the best of some products of two bf16 matrices
    /// of 2,048², each `2 · 2,048³` operations.
    ///
    /// @return 10⁹ operations a second
    public double matrixProductPeak(int times) {
        try (PointerScope products = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor a = torch.randn(PRODUCT, PRODUCT).to(ScalarType.BFloat16);
            Tensor b = torch.randn(PRODUCT, PRODUCT).to(ScalarType.BFloat16);
            double best = 0;
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                try (PointerScope product = new PointerScope()) {
                    a.matmul(b);
                }
                best = Math.max(best, 2.0 * PRODUCT * PRODUCT * PRODUCT / (System.nanoTime() - start));
            }
            return best;
        }
    }

    /// Bytes of this process that are in memory now, native ones included.
    public static long residentBytes() {
        return Pointer.physicalBytes();
    }

    @Override
    public void close() {
        scope.close();
    }
}
