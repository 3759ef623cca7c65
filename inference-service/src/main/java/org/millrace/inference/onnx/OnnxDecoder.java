package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Decoder;
import org.millrace.inference.Device;
import org.millrace.inference.Engine;
import org.millrace.inference.onnx.Memory.Tensor;
import org.millrace.onnx.AttentionKernel;
import org.millrace.onnx.DecoderGraph;
import org.millrace.onnx.Element;
import org.millrace.onnx.Numbers;
import org.millrace.onnx.Precision;
import org.millrace.onnx.Telemetry;
import org.millrace.onnx.Weight;

/// Runs a [DecoderGraph] on a [Device]. On a processor the weights are the mapped file, where they are served as they
/// were trained. Keys and values stay where they are computed ([Cache]): a run over some rows sees just those, a tensor
/// being a view of the block, and writes into it in place, the view being input and output at once. Tokens and
/// positions go to the device with each run, and logits come back.
public final class OnnxDecoder implements Decoder {

    static {
        Telemetry.off();
    }

    private static final int ALIGNMENT = 64; // of memory that vector instructions read
    private static final long MOST_SCORES = 64 << 20; // bytes that attention may hold at once

    private final Natives natives;
    private final Natives whole = new Natives(); // the checkpoint, what lies on it, and the passing run
    private final ModelConfig config;
    private final int rows;
    private final Memory memory; // of this process
    private final Session session;
    private final Cache cache;
    private final List<Run> steps = new ArrayList<>(); // by rows − 1; one block of memory serves them all
    private @Nullable Natives passing; // a run with its memory

    /// What its engine does with it.
    ///
    /// @param device where it computes
    /// @param threads cores of a step; 0: all
    /// @param chunk tokens that are read together
    public record Use(Device device, int threads, int chunk) {}

    /// Made in this order, closed in the other: memory, weights that lie in it or in the mapped file, the session that
    /// was made of them, the cache, tensors of its runs. If this throws, all of them are closed again, and the
    /// checkpoint is not.
    ///
    /// @param natives takes whatever is made
    OnnxDecoder(Checkpoint checkpoint, int rows, Use use, Precision precision, Natives natives)
            throws IOException, OrtException {
        this(checkpoint, rows, use, precision, natives, OnnxDecoder::cache);
    }

    /// @param caches where keys and values lie
    OnnxDecoder(Checkpoint checkpoint, int rows, Use use, Precision precision, Natives natives, Cache.Factory caches)
            throws IOException, OrtException {
        this.config = checkpoint.config();
        this.rows = rows;
        this.natives = natives;
        try {
            Numbers numbers = use.device.numbers(precision);
            var shape = new Cache.Shape(config, rows, numbers);
            if (use.device instanceof Device.Processor) {
                checkRoom(shape);
            }
            memory = natives.add(new Memory(new Device.Processor()));
            Arena arena = natives.add(Arena.ofShared());
            session = createSession(checkpoint, use, precision, numbers, arena);
            cache = natives.add(caches.make(shape, use, session, memory));
            MemorySegment shared = arena.allocate(stepBytes(), ALIGNMENT);
            for (int n = 1; n <= rows; n++) {
                steps.add(natives.add(new Run(arena, SegmentAllocator.slicingAllocator(shared), 0, n, 1, n)));
            }
            if (use.device instanceof Device.Cuda) {
                rehearse(use.chunk);
            }
        } catch (IOException | OrtException | RuntimeException | Error e) {
            natives.closeAfter(e);
            throw e;
        }
        whole.add(checkpoint);
        whole.add(natives);
        whole.add(this::closePassing);
    }

    /// Builds decoders that use so many cores, for engines that read as much together as where nobody says otherwise.
    public static Factory factory(int threads) {
        return factory(new Use(new Device.Processor(), threads, Engine.Limits.CHUNK));
    }

    public static Factory factory(Use use) {
        return (checkpoint, rows, precision) -> {
            if (checkpoint.config().scalarHead()) {
                throw new IOException("head: expected logits over the vocabulary, got a scalar head");
            }
            try {
                return new OnnxDecoder(checkpoint, rows, use, precision, new Natives());
            } catch (OrtException e) {
                throw new IOException("ONNX Runtime does not take the model: " + e.getMessage(), e);
            } catch (OutOfMemoryError e) { // of native memory, asked for in large blocks: this model is too large
                throw new IOException("no memory for the model and %d rows: %s".formatted(rows, e.getMessage()), e);
            }
        };
    }

    private Session createSession(Checkpoint checkpoint, Use use, Precision precision, Numbers numbers, Arena arena)
            throws IOException, OrtException {
        Map<String, Tensor> weights = new HashMap<>();
        for (Map.Entry<String, Weight> weight :
                DecoderGraph.weights(checkpoint, precision, numbers, arena).entrySet()) {
            weights.put(weight.getKey(), natives.add(tensor(weight.getValue())));
        }
        byte[] graph = DecoderGraph.of(config, precision, numbers);
        return natives.add(
                attention(config, use.chunk).make(() -> new Session(graph, weights, use.device, use.threads)));
    }

    private static Cache cache(Cache.Shape shape, Use use, Session session, Memory here) throws OrtException {
        return switch (use.device) {
            case Device.Processor processor -> new HostCache(shape, here, use.threads != 1);
            case Device.Cuda cuda -> new DeviceCache(shape, cuda, session);
        };
    }

    /// Products as long as the scores of a chunk against the capacity of its rows take little memory.
    static AttentionKernel attention(ModelConfig config, int chunk) {
        long scores = (long) config.heads() * chunk * config.context() * Float.BYTES;
        return scores > MOST_SCORES ? AttentionKernel.TILES : AttentionKernel.PRODUCTS;
    }

    /// Rows take memory when they are filled, and then it would be too late to refuse the model.
    private static void checkRoom(Cache.Shape shape) {
        long wanted = shape.parts().size() * shape.rows() * shape.rowBytes();
        long there = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        if (wanted > there) {
            throw new OutOfMemoryError(
                    "keys and values: expected at most %d bytes, as there are, got %d".formatted(there, wanted));
        }
    }

    private Tensor tensor(Weight weight) throws OrtException {
        return switch (weight) {
            case Weight.Real(long[] shape, var values) ->
                memory.tensor(MemorySegment.ofBuffer(values), Element.FLOAT, shape);
            case Weight.Half(long[] shape, var values) ->
                memory.tensor(MemorySegment.ofBuffer(values), Element.FLOAT16, shape);
            case Weight.Bytes(long[] shape, var values) ->
                memory.tensor(MemorySegment.ofBuffer(values), Element.UINT8, shape);
        };
    }

    /// Feeds as much as is ever fed at once behind as much as a row holds, and takes as many logits: memory of a
    /// device for what lies between is taken now, and a model that finds none is refused. Rows begin afresh
    /// with whoever comes.
    ///
    /// @param chunk tokens
    /// @throws OrtException if the device has no room for so much
    void rehearse(int chunk) throws OrtException {
        int length = Math.min(chunk, config.context());
        try {
            int wanted = Math.clamp(Engine.PIECE_LOGITS / config.vocabulary(), 1, length);
            extend(0, config.context() - length, new int[length], wanted);
            int[] before = new int[rows];
            Arrays.fill(before, config.context() - 1);
            step(rows, new int[rows], before);
        } catch (IllegalStateException e) {
            if (e.getCause() instanceof OrtException cause) {
                throw cause;
            }
            throw e;
        } finally {
            closePassing();
        }
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
        cache.copy(from, to, length);
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        cache.swap(a, lengthOfA, b, lengthOfB);
    }

    @Override
    public void close() {
        whole.close();
    }

    /// A run of a shape that will not come again soon. Its logits must stay until the next call, so it is the
    /// next one that closes it.
    private Run passing(int first, int count, int length, int wanted) {
        closePassing();
        Natives natives = new Natives();
        passing = natives;
        try {
            Arena arena = natives.add(Arena.ofShared());
            return natives.add(new Run(arena, arena, first, count, length, wanted));
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
        private final Session.Call call;

        /// @param arena for the call
        /// @param allocator for what goes in and comes out
        Run(Arena arena, SegmentAllocator allocator, int first, int count, int length, int wanted) throws OrtException {
            if (first + count > rows) {
                throw new IllegalArgumentException("rows: expected at most %d, got %d".formatted(rows, first + count));
            }
            try {
                Map<String, Tensor> inputs = new HashMap<>();
                Map<String, Tensor> outputs = new HashMap<>();
                MemorySegment ids = bytes(allocator, Long.BYTES, count, length);
                MemorySegment last = bytes(allocator, Integer.BYTES, count);
                MemorySegment total = bytes(allocator, Integer.BYTES);
                MemorySegment picked = bytes(allocator, Long.BYTES, wanted);
                MemorySegment out = bytes(allocator, Float.BYTES, wanted, config.vocabulary());
                inputs.put(DecoderGraph.TOKENS, tensor(ids, Element.INT64, count, length));
                inputs.put(DecoderGraph.LAST_POSITIONS, tensor(last, Element.INT32, count));
                inputs.put(DecoderGraph.SPAN, tensor(total, Element.INT32));
                inputs.put(DecoderGraph.ROWS, tensor(picked, Element.INT64, wanted));
                outputs.put(DecoderGraph.LOGITS, tensor(out, Element.FLOAT, wanted, config.vocabulary()));
                List<Cache.Part> parts = cache.shape().parts();
                for (int part = 0; part < parts.size(); part++) {
                    Tensor view = tensors.add(cache.rows(part, first, count));
                    inputs.put(parts.get(part).past(), view);
                    outputs.put(parts.get(part).present(), view);
                }
                this.tokens = buffer(ids).asLongBuffer();
                this.lastPositions = buffer(last).asIntBuffer();
                this.span = buffer(total).asIntBuffer();
                this.wanted = buffer(picked).asLongBuffer();
                this.logits = buffer(out).asFloatBuffer();
                this.call = session.call(arena, inputs, outputs);
            } catch (OrtException | RuntimeException | Error e) {
                close();
                throw e;
            }
        }

        FloatBuffer go(int longest) {
            span.put(0, longest);
            try {
                call.make();
                return logits.rewind();
            } catch (OrtException e) {
                throw new IllegalStateException(
                        "run over %d tokens of %d positions: %s".formatted(tokens.capacity(), longest, e.getMessage()),
                        e);
            }
        }

        private Tensor tensor(MemorySegment data, Element element, long... shape) throws OrtException {
            return tensors.add(memory.tensor(data, element, shape));
        }

        private static MemorySegment bytes(SegmentAllocator allocator, int unit, long... shape) {
            long count = unit;
            for (long size : shape) {
                count = Math.multiplyExact(count, size);
            }
            return allocator.allocate(count, ALIGNMENT);
        }

        private static ByteBuffer buffer(MemorySegment memory) {
            return memory.asByteBuffer().order(ByteOrder.nativeOrder());
        }

        @Override
        public void close() {
            tensors.close();
        }
    }
}
