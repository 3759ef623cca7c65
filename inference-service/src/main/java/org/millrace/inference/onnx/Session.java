package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.Map;
import org.millrace.inference.Device;
import org.millrace.inference.onnx.Memory.Tensor;
import org.millrace.inference.onnx.Ort.Function;

/// A graph with its weights, ready to run on a device. For one thread.
final class Session implements AutoCloseable {

    private static final int SPIN_MICROS = 50; // that a thread looks for work before it sleeps
    private static final int NO_CHANGES = 0;

    private final Natives natives = new Natives();
    private final MemorySegment handle;

    /// @param weights which the graph names; must outlive the session
    /// @param threads cores of a run; 0: all
    Session(byte[] graph, Map<String, Tensor> weights, Device device, int threads) throws OrtException {
        this(graph, weights, device, threads, true);
    }

    /// One that computes the graph as it was written.
    static Session asWritten(byte[] graph, Device device) throws OrtException {
        return new Session(graph, Map.of(), device, 1, false);
    }

    private Session(byte[] graph, Map<String, Tensor> weights, Device device, int threads, boolean optimised)
            throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment options = Ort.make(Function.CREATE_SESSION_OPTIONS);
            natives.add(() -> Ort.release(Function.RELEASE_SESSION_OPTIONS, options));
            Ort.call(Function.SET_INTRA_OP_NUM_THREADS, options, threads);
            // A step has some 60 products of a few microseconds each, and between two steps a token is chosen, in
            // some 20: to sleep and be woken takes longer. Longer than that, idle threads would burn the cores that
            // other services use.
            configure(options, "session.intra_op.allow_spinning", "1");
            configure(options, "session.intra_op.spin_duration_us", Integer.toString(SPIN_MICROS));
            // Plans are kept for each shape, and rows and lengths come in thousands of them.
            Ort.call(Function.DISABLE_MEM_PATTERN, options);
            if (!optimised) {
                Ort.call(Function.SET_GRAPH_OPTIMIZATION_LEVEL, options, NO_CHANGES);
            }
            if (device instanceof Device.Cuda cuda) {
                append(cuda, options);
            }
            if (!weights.isEmpty()) {
                Ort.call(
                        Function.ADD_EXTERNAL_INITIALIZERS,
                        options,
                        names(arena, weights.keySet()),
                        values(arena, weights.values()),
                        (long) weights.size());
            }
            handle = create(arena, graph, options, device);
            natives.add(() -> Ort.release(Function.RELEASE_SESSION, handle));
        } catch (OrtException | RuntimeException | Error e) {
            natives.closeAfter(e);
            throw e;
        }
    }

    private static MemorySegment create(Arena arena, byte[] graph, MemorySegment options, Device device)
            throws OrtException {
        try {
            return Ort.make(
                    Function.CREATE_SESSION_FROM_ARRAY,
                    Ort.environment(),
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, graph),
                    (long) graph.length,
                    options);
        } catch (OrtException e) {
            throw failed(device.toString(), e);
        }
    }

    private static OrtException failed(String where, OrtException cause) {
        var failure = new OrtException(where + ": " + cause.getMessage());
        failure.initCause(cause);
        return failure;
    }

    private static void configure(MemorySegment options, String key, String value) throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            Ort.call(Function.ADD_SESSION_CONFIG_ENTRY, options, arena.allocateFrom(key), arena.allocateFrom(value));
        }
    }

    private static void append(Device.Cuda device, MemorySegment options) throws OrtException {
        try (var unused = new OrtSession.SessionOptions()) {
            unused.addCUDA(device.ordinal()); // unpacks the library that computes there, or says what is missing
        } catch (OrtException e) {
            throw failed(device + ": it takes a service built with -Pgpu and the libraries of CUDA 12 and cuDNN 9", e);
        }
        Map<String, String> settings = Map.of(
                "device_id",
                Integer.toString(device.ordinal()),
                // Blocks of the cache are large, and nobody else would use what doubling them leaves.
                "arena_extend_strategy",
                "kSameAsRequested");
        MemorySegment cuda = Ort.make(Function.CREATE_CUDA_OPTIONS);
        try (Arena arena = Arena.ofConfined()) {
            Ort.call(
                    Function.UPDATE_CUDA_OPTIONS,
                    cuda,
                    names(arena, settings.keySet()),
                    names(arena, settings.values()),
                    (long) settings.size());
            Ort.call(Function.APPEND_CUDA, options, cuda);
        } finally {
            Ort.release(Function.RELEASE_CUDA_OPTIONS, cuda);
        }
    }

    /// Memory of the device.
    ///
    /// @param memory the device's
    Block allocate(Memory memory, long bytes) throws OrtException {
        MemorySegment allocator = Ort.make(Function.CREATE_ALLOCATOR, handle, memory.info());
        try {
            MemorySegment data = Ort.make(Function.ALLOCATOR_ALLOC, allocator, bytes);
            return new Block(allocator, data.reinterpret(bytes));
        } catch (OrtException | RuntimeException | Error e) {
            Ort.release(Function.RELEASE_ALLOCATOR, allocator);
            throw e;
        }
    }

    /// @param data an address of the device's: not to be read here, unless the device is the processor
    record Block(MemorySegment allocator, MemorySegment data) implements AutoCloseable {
        @Override
        public void close() {
            try {
                Ort.call(Function.ALLOCATOR_FREE, allocator, data);
            } catch (OrtException e) {
                throw new IllegalStateException("memory of the device could not be given back", e);
            } finally {
                Ort.release(Function.RELEASE_ALLOCATOR, allocator);
            }
        }
    }

    /// Reads and writes these tensors each time it is made. They may lie on the device, and one may be both.
    ///
    /// @param arena in which it lies; tensors and arena must outlive it
    Call call(Arena arena, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        return new Call(arena, inputs, outputs);
    }

    final class Call {

        private final MemorySegment inputNames;
        private final MemorySegment inputs;
        private final MemorySegment outputNames;
        private final MemorySegment outputs;

        private Call(Arena arena, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
            this.inputNames = names(arena, inputs.keySet());
            this.inputs = values(arena, inputs.values());
            this.outputNames = names(arena, outputs.keySet());
            this.outputs = values(arena, outputs.values());
        }

        /// When it returns, what it wrote is there.
        void make() throws OrtException {
            Ort.run(handle, inputNames, inputs, outputNames, outputs);
        }
    }

    private static MemorySegment names(Arena arena, Collection<String> names) {
        return addresses(arena, names.stream().map(arena::allocateFrom).toList());
    }

    private static MemorySegment values(Arena arena, Collection<Tensor> tensors) {
        return addresses(arena, tensors.stream().map(Tensor::value).toList());
    }

    private static MemorySegment addresses(Arena arena, Collection<MemorySegment> all) {
        MemorySegment array = arena.allocate(ValueLayout.ADDRESS, all.size());
        long i = 0;
        for (MemorySegment address : all) {
            array.setAtIndex(ValueLayout.ADDRESS, i++, address);
        }
        return array;
    }

    @Override
    public void close() {
        natives.close();
    }
}
