package org.millrace.trainer.torch;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;
import org.millrace.trainer.Snapshot;

/// The learned numbers of one model, fp32, by their Hugging Face names.
///
/// The tensors belong to the scope that was open when they were made; the caller closes that one
/// last.
final class Parameters implements Snapshot {

    /// Deviation of random matrices; the output projections of a block start at zero, so that a
    /// fresh block passes its input on (as nanochat has it).
    private static final double INITIAL_DEVIATION = 0.02;

    private final ModelConfig config;
    private final SortedMap<String, Tensor> tensors;

    private Parameters(ModelConfig config, SortedMap<String, Tensor> tensors) {
        this.config = config;
        this.tensors = Collections.unmodifiableSortedMap(tensors);
    }

    /// Random weights. The same seed gives the same weights on every machine.
    static Parameters random(ModelConfig config, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        config.tensors().forEach((name, shape) -> {
            float[] values = new float[count(shape)];
            if (name.endsWith("norm.weight")) {
                Arrays.fill(values, 1);
            } else if (!name.endsWith("o_proj.weight")
                    && !name.endsWith("down_proj.weight")
                    && !name.equals("score.weight")) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (INITIAL_DEVIATION * random.nextGaussian());
                }
            }
            tensors.put(name, leaf(values, shape));
        });
        return new Parameters(config, tensors);
    }

    /// The weights of a checkpoint, whose context may be shortened.
    static Parameters of(Checkpoint checkpoint) {
        return of(checkpoint, checkpoint.config());
    }

    /// The trunk of a checkpoint with a scalar head: the head of this model if it has one, else zeros.
    static Parameters withScalarHead(Checkpoint checkpoint) {
        return of(checkpoint, checkpoint.config().withScalarHead());
    }

    private static Parameters of(Checkpoint checkpoint, ModelConfig as) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        as.tensors().forEach((name, shape) -> {
            float[] values = new float[count(shape)];
            if (checkpoint.config().tensors().containsKey(name)) {
                checkpoint.weights().floats(name).get(values);
            }
            tensors.put(name, leaf(values, shape));
        });
        return new Parameters(as, tensors);
    }

    /// A copy with another normalisation of the scalar head's scores, which shares no memory.
    Parameters copy(ModelConfig as) {
        SortedMap<String, Tensor> copies = new TreeMap<>();
        tensors.forEach((name, tensor) -> copies.put(name, leaf(values(tensor), tensor.shape())));
        return new Parameters(as, copies);
    }

    ModelConfig config() {
        return config;
    }

    Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no tensor " + name);
        }
        return tensor;
    }

    SortedMap<String, Tensor> tensors() {
        return tensors;
    }

    /// Overwrites these numbers with those of another model of the same shape.
    void assign(Parameters other) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            tensors.forEach((name, tensor) -> tensor.copy_(other.get(name)));
        }
    }

    @Override
    public void write(Path dir, Path tokenizerDir, Map<String, String> provenance) throws IOException {
        SortedMap<String, TensorData> data = new TreeMap<>();
        tensors.forEach(
                (name, tensor) -> data.put(name, new TensorData(tensor.shape(), FloatBuffer.wrap(values(tensor)))));
        Checkpoint.write(dir, config, data, tokenizerDir, provenance);
    }

    /// A copy on the Java heap.
    static float[] values(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            float[] values = new float[Math.toIntExact(tensor.numel())];
            FloatPointer pointer = tensor.detach().contiguous().data_ptr_float();
            pointer.get(values);
            return values;
        }
    }

    private static Tensor leaf(float[] values, long[] shape) {
        Tensor tensor = torch.empty(shape);
        tensor.data_ptr_float().put(values);
        tensor.set_requires_grad(true);
        return tensor;
    }

    private static int count(long[] shape) {
        long count = 1;
        for (long extent : shape) {
            count *= extent;
        }
        return Math.toIntExact(count);
    }
}
