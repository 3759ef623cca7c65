package org.millrace.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Decoder;
import org.millrace.inference.Engine;
import org.millrace.onnx.AttentionKernel;
import org.millrace.onnx.DecoderGraph;
import org.millrace.onnx.Precision;
import org.millrace.onnx.Telemetry;
import org.millrace.onnx.Weight;

/// Runs a [DecoderGraph] on the CPU. The weights are the mapped file, unless few bits are to hold them; the cache
/// of keys and values is one block of memory for each layer, and a run over some rows sees just those: a tensor is
/// a view of the block. Keys and values are written in place, being input and output at once, and a row takes memory as
/// far as it has ever been filled.
///
/// Dimensions of the cache of a layer: R rows, K key heads, P positions, D head width.
public final class OnnxDecoder implements Decoder {

    static {
        Telemetry.off();
    }

    private static final int ALIGNMENT = 64; // of memory that vector instructions read
    private static final int SPIN_MICROS = 50; // that a thread looks for work before it sleeps

    private static final long MUCH = 1 << 20; // bytes that it is worth to wake a thread for
    private static final long MOST_SCORES = 64 << 20; // bytes that attention may hold at once

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final Natives natives;
    private final Natives whole = new Natives(); // the checkpoint, what lies on it, and the passing run
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final int rows;
    private final Use use;
    private final OrtSession session;
    private final SortedMap<String, MemorySegment> cache = new TreeMap<>();
    private final Map<String, String> presentByPast = new HashMap<>();
    private final MemorySegment swapped; // room for one head of a row
    private final List<Run> steps = new ArrayList<>(); // by rows − 1; one block of memory serves them all
    private @Nullable Natives passing; // a run with its memory

    /// What its engine does with it.
    ///
    /// @param threads cores of a step; 0: all
    /// @param chunk tokens that are read together
    record Use(int threads, int chunk) {}

    /// Made in this order, closed in the other: memory, weights that lie in it or in the mapped file, options
    /// that name the weights, the session that was made of both, tensors of its runs. If this throws, all of
    /// them are closed again, and the checkpoint is not.
    ///
    /// @param natives takes whatever is made
    OnnxDecoder(Checkpoint checkpoint, int rows, Use use, Precision precision, Natives natives)
            throws IOException, OrtException {
        this.checkpoint = checkpoint;
        this.config = checkpoint.config();
        this.rows = rows;
        this.use = use;
        this.natives = natives;
        try {
            checkRoom();
            Arena arena = natives.add(Arena.ofShared());
            session = createSession(use, precision, arena);
            for (int layer = 0; layer < config.layers(); layer++) {
                for (DecoderGraph.Cache part : DecoderGraph.Cache.values()) {
                    String past = DecoderGraph.past(part, layer);
                    cache.put(past, Untouched.allocate(arena, rows * rowBytes()));
                    presentByPast.put(past, DecoderGraph.present(part, layer));
                }
            }
            swapped = arena.allocate((long) config.context() * config.headWidth() * Float.BYTES, ALIGNMENT);
            MemorySegment shared = arena.allocate(stepBytes(), ALIGNMENT);
            for (int n = 1; n <= rows; n++) {
                steps.add(natives.add(new Run(SegmentAllocator.slicingAllocator(shared), 0, n, 1, n)));
            }
        } catch (IOException | OrtException | RuntimeException | Error e) {
            try {
                natives.close();
            } catch (IllegalStateException unclosed) {
                e.addSuppressed(unclosed);
            }
            throw e;
        }
        whole.add(checkpoint);
        whole.add(natives);
        whole.add(this::closePassing);
    }

    /// Builds decoders that use so many cores, for engines that read as much together as where nobody says otherwise.
    public static Factory factory(int threads) {
        return factory(threads, Engine.Limits.CHUNK);
    }

    /// @param threads cores that a decoder uses; 0: all
    /// @param chunk tokens that its engine reads together
    public static Factory factory(int threads, int chunk) {
        return (checkpoint, rows, precision) -> {
            if (checkpoint.config().scalarHead()) {
                throw new IOException("head: expected logits over the vocabulary, got a scalar head");
            }
            try {
                return new OnnxDecoder(checkpoint, rows, new Use(threads, chunk), precision, new Natives());
            } catch (OrtException e) {
                throw new IOException("ONNX Runtime does not take the model: " + e.getMessage(), e);
            } catch (OutOfMemoryError e) { // of native memory, asked for in large blocks: this model is too large
                throw new IOException("no memory for the model and %d rows: %s".formatted(rows, e.getMessage()), e);
            }
        };
    }

    private OrtSession createSession(Use use, Precision precision, Arena arena) throws IOException, OrtException {
        Map<String, OnnxTensorLike> weights = new HashMap<>();
        for (Map.Entry<String, Weight> weight :
                DecoderGraph.weights(checkpoint, precision, arena).entrySet()) {
            weights.put(weight.getKey(), natives.add(tensor(weight.getValue())));
        }
        OrtSession.SessionOptions options = natives.add(new OrtSession.SessionOptions());
        options.setIntraOpNumThreads(use.threads);
        // A step has some 60 products of a few microseconds each, and between two steps a token is chosen, in
        // some 20: to sleep and be woken takes longer. Longer than that, idle threads would burn the cores that
        // other services use.
        options.addConfigEntry("session.intra_op.allow_spinning", "1");
        options.addConfigEntry("session.intra_op.spin_duration_us", Integer.toString(SPIN_MICROS));
        // Plans are kept for each shape, and rows and lengths come in thousands of them.
        options.setMemoryPatternOptimization(false);
        options.addExternalInitializers(weights);
        byte[] graph = DecoderGraph.of(config, precision);
        return natives.add(attention(config, use.chunk).make(() -> environment.createSession(graph, options)));
    }

    /// Products as long as the scores of a chunk against the capacity of its rows take little memory.
    static AttentionKernel attention(ModelConfig config, int chunk) {
        long scores = (long) config.heads() * chunk * config.context() * Float.BYTES;
        return scores > MOST_SCORES ? AttentionKernel.TILES : AttentionKernel.PRODUCTS;
    }

    /// Rows take memory when they are filled, and then it would be too late to refuse the model.
    private void checkRoom() {
        long wanted = 2L * config.layers() * rows * rowBytes();
        long there = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        if (wanted > there) {
            throw new OutOfMemoryError(
                    "keys and values: expected at most %d bytes, as there are, got %d".formatted(there, wanted));
        }
    }

    private OnnxTensor tensor(Weight weight) throws OrtException {
        return switch (weight) {
            case Weight.Real(long[] shape, FloatBuffer values) -> OnnxTensor.createTensor(environment, values, shape);
            case Weight.Bytes(long[] shape, ByteBuffer values) ->
                OnnxTensor.createTensor(environment, values, shape, OnnxJavaType.UINT8);
        };
    }

    @Override
    public FloatBuffer read(int first, int[][] prompts) {
        int longest = 0;
        for (int[] prompt : prompts) {
            longest = Math.max(longest, prompt.length);
        }
        Run run = passing(first, prompts.length, longest, prompts.length);
        for (int b = 0; b < prompts.length; b++) {
            for (int t = 0; t < prompts[b].length; t++) {
                run.tokens.put(b * longest + t, prompts[b][t]);
            }
            run.lastPositions.put(b, prompts[b].length - 1);
            run.wanted.put(b, (long) b * longest + prompts[b].length - 1);
        }
        return run.go(longest);
    }

    @Override
    public FloatBuffer step(int count, int[] tokens, int[] before) {
        Run run = steps.get(count - 1);
        int span = 0;
        for (int b = 0; b < count; b++) {
            run.tokens.put(b, tokens[b]);
            run.lastPositions.put(b, before[b]);
            run.wanted.put(b, b);
            span = Math.max(span, before[b] + 1);
        }
        return run.go(span);
    }

    @Override
    public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
        Run run = passing(row, 1, tokens.length, wanted);
        for (int t = 0; t < tokens.length; t++) {
            run.tokens.put(t, tokens[t]);
        }
        run.lastPositions.put(0, before + tokens.length - 1);
        for (int n = 0; n < wanted; n++) {
            run.wanted.put(n, tokens.length - wanted + n);
        }
        return run.go(before + tokens.length);
    }

    @Override
    public void copy(int from, int to, int length) {
        if (from == to) {
            return;
        }
        long head = (long) config.context() * config.headWidth() * Float.BYTES;
        long bytes = (long) length * config.headWidth() * Float.BYTES;
        blocks(bytes * config.kvHeads() * cache.size()).forEach(block -> {
            for (int k = 0; k < config.kvHeads(); k++) {
                MemorySegment.copy(block, from * rowBytes() + k * head, block, to * rowBytes() + k * head, bytes);
            }
        });
    }

    /// For copying so much of them: between two steps the cores have nothing else to do.
    private Stream<MemorySegment> blocks(long bytes) {
        Stream<MemorySegment> blocks = cache.values().stream();
        return bytes < MUCH || use.threads == 1 ? blocks : blocks.parallel();
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        long head = (long) config.context() * config.headWidth() * Float.BYTES;
        long bytes = (long) Math.max(lengthOfA, lengthOfB) * config.headWidth() * Float.BYTES;
        for (MemorySegment block : cache.values()) {
            for (int k = 0; k < config.kvHeads(); k++) {
                MemorySegment ofA = block.asSlice(a * rowBytes() + k * head, bytes);
                MemorySegment ofB = block.asSlice(b * rowBytes() + k * head, bytes);
                MemorySegment.copy(ofA, 0, swapped, 0, bytes);
                MemorySegment.copy(ofB, 0, ofA, 0, bytes);
                MemorySegment.copy(swapped, 0, ofB, 0, bytes);
            }
        }
    }

    @Override
    public void close() {
        whole.close();
    }

    private long rowBytes() {
        return (long) config.kvHeads() * config.context() * config.headWidth() * Float.BYTES;
    }

    /// A run of a shape that will not come again soon. Its logits must stay until the next call, so it is the
    /// next one that closes it.
    private Run passing(int first, int count, int length, int wanted) {
        closePassing();
        Natives natives = new Natives();
        passing = natives;
        try {
            return natives.add(new Run(natives.add(Arena.ofShared()), first, count, length, wanted));
        } catch (OrtException e) {
            throw new IllegalStateException("tensors of %d × %d tokens".formatted(count, length), e);
        }
    }

    private void closePassing() {
        if (passing != null) {
            passing.close();
            passing = null;
        }
    }

    private long stepBytes() {
        long perRow = 2 * Long.BYTES + Integer.BYTES + (long) config.vocabulary() * Float.BYTES;
        return rows * perRow + 5 * 2 * ALIGNMENT;
    }

    /// The tensors of a run of one shape: B = `count` rows from `first` on, T = `length` new tokens each,
    /// N = `wanted` positions with logits.
    private final class Run implements AutoCloseable {

        private final LongBuffer tokens; // (B,T)
        private final IntBuffer lastPositions; // (B)
        private final IntBuffer span; // ()
        private final LongBuffer wanted; // (N)
        private final FloatBuffer logits; // (N,V)
        private final Natives tensors = new Natives();
        private final Map<String, OnnxTensor> inputs = new HashMap<>();
        private final Map<String, OnnxValue> outputs = new HashMap<>();

        Run(SegmentAllocator memory, int first, int count, int length, int wanted) throws OrtException {
            if (first + count > rows) {
                throw new IllegalArgumentException("rows: expected at most %d, got %d".formatted(rows, first + count));
            }
            this.tokens = bytes(memory, Long.BYTES, count, length).asLongBuffer();
            this.lastPositions = bytes(memory, Integer.BYTES, count).asIntBuffer();
            this.span = bytes(memory, Integer.BYTES).asIntBuffer();
            this.wanted = bytes(memory, Long.BYTES, wanted).asLongBuffer();
            this.logits =
                    bytes(memory, Float.BYTES, wanted, config.vocabulary()).asFloatBuffer();
            try {
                input(DecoderGraph.TOKENS, OnnxTensor.createTensor(environment, tokens, new long[] {count, length}));
                input(DecoderGraph.LAST_POSITIONS, OnnxTensor.createTensor(environment, lastPositions, new long[] {count
                }));
                input(DecoderGraph.SPAN, OnnxTensor.createTensor(environment, span, new long[0]));
                input(DecoderGraph.ROWS, OnnxTensor.createTensor(environment, this.wanted, new long[] {wanted}));
                long[] shape = {count, config.kvHeads(), config.context(), config.headWidth()};
                for (Map.Entry<String, MemorySegment> block : cache.entrySet()) {
                    FloatBuffer view = block.getValue()
                            .asSlice(first * rowBytes(), count * rowBytes())
                            .asByteBuffer()
                            .order(ByteOrder.nativeOrder())
                            .asFloatBuffer();
                    OnnxTensor tensor = OnnxTensor.createTensor(environment, view, shape);
                    input(block.getKey(), tensor);
                    outputs.put(presentByPast.get(block.getKey()), tensor);
                }
                outputs.put(DecoderGraph.LOGITS, tensors.add(OnnxTensor.createTensor(environment, logits, new long[] {
                    wanted, config.vocabulary()
                })));
            } catch (OrtException | RuntimeException | Error e) {
                close();
                throw e;
            }
        }

        FloatBuffer go(int longest) {
            span.put(0, longest);
            try (OrtSession.Result result = session.run(inputs, outputs)) {
                return logits.rewind();
            } catch (OrtException e) {
                throw new IllegalStateException("run over tokens " + inputs.get(DecoderGraph.TOKENS), e);
            }
        }

        private void input(String name, OnnxTensor tensor) {
            inputs.put(name, tensors.add(tensor));
        }

        private static ByteBuffer bytes(SegmentAllocator memory, int unit, long... shape) {
            long count = unit;
            for (long size : shape) {
                count = Math.multiplyExact(count, size);
            }
            return memory.allocate(count, ALIGNMENT).asByteBuffer().order(ByteOrder.nativeOrder());
        }

        @Override
        public void close() {
            tensors.close();
        }
    }
}
