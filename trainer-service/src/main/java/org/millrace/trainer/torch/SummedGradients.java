package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Row;

/// Each rank works on its rows of a batch, and the gradients are summed over the ranks, a bucket at a
/// time while the backward pass of the last part goes on:
///
/// ```text
/// backward   head, layer L−1 │ layer L−2 │ …        │ layer 0, embedding │
/// buckets                    ├─ 0 ───────┼─ 1 ──────┼─ …                 ├─ last ─┤ step
/// ```
///
/// The weights of labels are their shares in the whole batch, so a sum is all there is to do. The
/// order of the buckets is the same on every rank, whatever a rank's rows are: it also sums when it
/// has none, or when its loss is not finite.
final class SummedGradients implements Gradients {

    /// Bytes of a bucket, but for a tensor that is larger.
    private static final long BUCKET_BYTES = 25_000_000;

    private final Decoder decoder;
    private final int atOnce;
    private final GlooRanks ranks;
    private final List<Bucket> buckets;
    private final List<Work> works = new ArrayList<>();
    private final VoidTensorHook hook = new LayerBegun(this);
    private boolean armed;
    private int early;
    private int layersBegun;
    private @Nullable RuntimeException failure;

    SummedGradients(Decoder decoder, int atOnce, GlooRanks ranks) {
        this(decoder, atOnce, ranks, BUCKET_BYTES);
    }

    SummedGradients(Decoder decoder, int atOnce, GlooRanks ranks, long bucketBytes) {
        this.decoder = decoder;
        this.atOnce = atOnce;
        this.ranks = ranks;
        this.buckets = buckets(decoder.parameters(), bucketBytes);
        for (int layer = 0; layer < decoder.config().layers(); layer++) {
            decoder.parameters()
                    .get("model.layers." + layer + ".input_layernorm.weight")
                    .register_hook(hook);
        }
    }

    @Override
    public double backward(List<Row> rows, List<Row> mixedIn, double share) {
        int all = rows.size() + mixedIn.size();
        List<Batch.Part> parts = Batch.parts(rows, mixedIn, share, atOnce, ranks.from(all), ranks.to(all));
        double loss = 0;
        for (Batch.Part part : parts) {
            try (PointerScope scope = new PointerScope()) {
                armed = part == parts.getLast();
                loss += part.batch().backward(decoder, this::layerDone);
                if (armed) {
                    finish();
                }
            }
        }
        if (parts.isEmpty()) { // more ranks than rows
            try (PointerScope scope = new PointerScope()) {
                finish();
            }
        }
        return ranks.sum(loss)[0];
    }

    /// How much of the last step's sums had begun before its backward pass was over, 0 to 1 of the
    /// buckets.
    double overlapped() {
        return (double) early / buckets.size();
    }

    /// Called within the backward pass, on its thread, when the gradient of a layer's first norm is
    /// known. That is the last thing of the layer, so the layers behind it have theirs.
    private void layerBegun() {
        if (armed) {
            layerDone(decoder.config().layers() - layersBegun++);
        }
    }

    /// @param layer this and all behind it have all their gradients
    private void layerDone(int layer) {
        if (!armed || failure != null) {
            return;
        }
        try {
            start(layer);
        } catch (RuntimeException e) {
            failure = e; // must not pass through libtorch
        }
    }

    private void start(int lowestLayer) {
        while (works.size() < buckets.size() && buckets.get(works.size()).lowestLayer() >= lowestLayer) {
            Bucket bucket = buckets.get(works.size());
            bucket.gather();
            works.add(ranks.startSum(bucket.flat()).retainReference()); // the scope may be one block's
        }
    }

    private void finish() {
        try {
            armed = false;
            layersBegun = 0;
            if (failure != null) {
                throw failure;
            }
            early = works.size();
            start(Integer.MIN_VALUE);
            for (int i = 0; i < works.size(); i++) {
                ranks.await(works.get(i));
                buckets.get(i).spread();
            }
        } finally {
            works.forEach(Work::close);
            works.clear();
            failure = null;
        }
    }

    /// Parameters in about the reverse order of their use, the order in which their gradients come.
    private static List<Bucket> buckets(Parameters parameters, long mostBytes) {
        ModelConfig config = parameters.config();
        List<Bucket> buckets = new ArrayList<>();
        List<Tensor> members = new ArrayList<>();
        long bytes = 0;
        for (int layer = config.layers(); layer >= -1; layer--) {
            for (var parameter : parameters.tensors().entrySet()) {
                if (layer(parameter.getKey(), config) != layer) {
                    continue;
                }
                long size = parameter.getValue().numel() * Float.BYTES;
                if (bytes > 0 && bytes + size > mostBytes) {
                    buckets.add(Bucket.of(members, lowest(members, parameters)));
                    members = new ArrayList<>();
                    bytes = 0;
                }
                members.add(parameter.getValue());
                bytes += size;
            }
        }
        buckets.add(Bucket.of(members, lowest(members, parameters)));
        return List.copyOf(buckets);
    }

    private static int lowest(List<Tensor> members, Parameters parameters) {
        Tensor last = members.getLast();
        return parameters.tensors().entrySet().stream()
                .filter(parameter -> parameter.getValue() == last)
                .mapToInt(parameter -> layer(parameter.getKey(), parameters.config()))
                .findFirst()
                .orElseThrow();
    }

    /// Layer of a parameter: L for what comes behind the layers, −1 for the embedding before them.
    private static int layer(String name, ModelConfig config) {
        if (name.startsWith("model.layers.")) {
            int start = "model.layers.".length();
            return Integer.parseInt(name.substring(start, name.indexOf('.', start)));
        }
        return name.startsWith("model.embed_tokens.") ? -1 : config.layers();
    }

    /// Some parameters whose gradients are summed in one piece.
    ///
    /// @param flat all their gradients, one behind the other, fp32
    /// @param lowestLayer the last of their gradients to come is of this layer
    private record Bucket(List<Tensor> members, Tensor flat, int lowestLayer) {

        static Bucket of(List<Tensor> members, int lowestLayer) {
            long numbers = members.stream().mapToLong(Tensor::numel).sum();
            return new Bucket(List.copyOf(members), torch.zeros(numbers), lowestLayer);
        }

        /// Copies the gradients here; what has none has zeros.
        void gather() {
            try (NoGradGuard guard = new NoGradGuard()) {
                long at = 0;
                for (Tensor member : members) {
                    Tensor place = flat.narrow(0, at, member.numel());
                    Tensor gradient = member.grad();
                    if (gradient.defined()) {
                        place.copy_(gradient.reshape(-1));
                    } else {
                        place.zero_();
                    }
                    at += member.numel();
                }
            }
        }

        /// Lets the parameters see the sums as their gradients.
        void spread() {
            try (NoGradGuard guard = new NoGradGuard()) {
                long at = 0;
                for (Tensor member : members) {
                    member.mutable_grad().put(flat.narrow(0, at, member.numel()).view(member.shape()));
                    at += member.numel();
                }
            }
        }
    }

    /// One for all layers: it only counts.
    private static final class LayerBegun extends VoidTensorHook {

        private final SummedGradients gradients;

        LayerBegun(SummedGradients gradients) {
            this.gradients = gradients;
        }

        @Override
        public void call(TensorBase gradient) {
            gradients.layerBegun();
        }
    }
}
