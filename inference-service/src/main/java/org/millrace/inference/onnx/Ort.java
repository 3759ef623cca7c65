package org.millrace.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.millrace.onnx.Element;

/// ONNX Runtime by its C interface, as far as a decoder needs it. Its Java interface brings the library and starts it,
/// but knows no tensor in the memory of a device: the cache of keys and values would cross the bus with every token.
///
/// The interface is a table of functions (`OrtApi` in `onnxruntime_c_api.h`). A later version may only add to its end,
/// so that a place in it is a name.
final class Ort {

    /// Of the table, the first that has all of these.
    private static final int VERSION = 12;

    /// A function, by its place.
    enum Function {
        GET_ERROR_MESSAGE(2),
        CREATE_ENV(3),
        CREATE_SESSION_FROM_ARRAY(8),
        RUN(9),
        CREATE_SESSION_OPTIONS(10),
        DISABLE_MEM_PATTERN(17),
        SET_GRAPH_OPTIMIZATION_LEVEL(23),
        SET_INTRA_OP_NUM_THREADS(24),
        CREATE_TENSOR_WITH_DATA(49),
        CREATE_MEMORY_INFO(68),
        ALLOCATOR_ALLOC(75),
        ALLOCATOR_FREE(76),
        RELEASE_STATUS(93),
        RELEASE_MEMORY_INFO(94),
        RELEASE_SESSION(95),
        RELEASE_VALUE(96),
        RELEASE_SESSION_OPTIONS(100),
        ADD_SESSION_CONFIG_ENTRY(130),
        CREATE_ALLOCATOR(131),
        RELEASE_ALLOCATOR(132),
        APPEND_CUDA(204),
        CREATE_CUDA_OPTIONS(205),
        UPDATE_CUDA_OPTIONS(206),
        RELEASE_CUDA_OPTIONS(208),
        ADD_EXTERNAL_INITIALIZERS(210);

        private final int place;

        Function(int place) {
            this.place = place;
        }
    }

    private static final String LIBRARY = "libonnxruntime.so.1";
    private static final int WARNINGS = 2;

    private static final AddressLayout ADDRESS = ValueLayout.ADDRESS;
    private static final AddressLayout TEXT =
            ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(Long.MAX_VALUE, ValueLayout.JAVA_BYTE));
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemorySegment TABLE = table();
    private static final Map<FunctionDescriptor, MethodHandle> HANDLES = new ConcurrentHashMap<>();

    private static final MethodHandle RUN = LINKER.downcallHandle(
            at(Function.RUN),
            FunctionDescriptor.of(
                    ADDRESS,
                    ADDRESS,
                    ADDRESS,
                    ADDRESS,
                    ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ADDRESS));

    private static final MemorySegment ENVIRONMENT = start();

    private Ort() {}

    /// `OrtEnv`, the one of the process.
    static MemorySegment environment() {
        return ENVIRONMENT;
    }

    /// @param arguments addresses, ints and longs, as the function has them
    /// @throws OrtException what it says
    static void call(Function function, Object... arguments) throws OrtException {
        check((MemorySegment) invoke(function, ADDRESS, arguments));
    }

    /// Of a function that makes something.
    ///
    /// @param arguments without the last, the place for what is made
    static MemorySegment make(Function function, Object... arguments) throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment made = arena.allocate(ADDRESS);
            Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
            all[arguments.length] = made;
            call(function, all);
            return made.get(ADDRESS, 0);
        }
    }

    /// Of a function that says nothing.
    static void release(Function function, MemorySegment made) {
        invoke(function, null, made);
    }

    /// @param names of inputs, as many as values; then the same of outputs, into which it writes
    /// @throws OrtException what it says
    static void run(
            MemorySegment session,
            MemorySegment names,
            MemorySegment inputs,
            MemorySegment outputNames,
            MemorySegment outputs)
            throws OrtException {
        MemorySegment status;
        try {
            status = (MemorySegment) RUN.invokeExact(
                    session,
                    MemorySegment.NULL,
                    names,
                    inputs,
                    inputs.byteSize() / ADDRESS.byteSize(),
                    outputNames,
                    outputs.byteSize() / ADDRESS.byteSize(),
                    outputs);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // C throws nothing
        }
        check(status);
    }

    /// A tensor over memory that stays the caller's.
    ///
    /// @param memory where the data lies: `OrtMemoryInfo`
    static MemorySegment tensor(MemorySegment memory, MemorySegment data, Element element, long... shape)
            throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            return make(
                    Function.CREATE_TENSOR_WITH_DATA,
                    memory,
                    data,
                    data.byteSize(),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, shape),
                    (long) shape.length,
                    element.number());
        }
    }

    private static void check(MemorySegment status) throws OrtException {
        if (!status.equals(MemorySegment.NULL)) {
            var message = ((MemorySegment) invoke(Function.GET_ERROR_MESSAGE, TEXT, status)).getString(0);
            release(Function.RELEASE_STATUS, status);
            throw new OrtException(message);
        }
    }

    private static Object invoke(Function function, @Nullable MemoryLayout result, Object... arguments) {
        MemoryLayout[] layouts = Arrays.stream(arguments).map(Ort::layout).toArray(MemoryLayout[]::new);
        FunctionDescriptor type =
                result == null ? FunctionDescriptor.ofVoid(layouts) : FunctionDescriptor.of(result, layouts);
        MethodHandle handle = HANDLES.computeIfAbsent(type, LINKER::downcallHandle);
        try {
            List<Object> all = new ArrayList<>(List.of(at(function)));
            all.addAll(List.of(arguments));
            return handle.invokeWithArguments(all);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // C throws nothing
        }
    }

    private static MemoryLayout layout(Object argument) {
        return switch (argument) {
            case Integer number -> ValueLayout.JAVA_INT;
            case Long number -> ValueLayout.JAVA_LONG;
            case MemorySegment address -> ADDRESS;
            default -> throw new IllegalArgumentException("expected an int, a long or an address, got " + argument);
        };
    }

    private static MemorySegment at(Function function) {
        return TABLE.getAtIndex(ADDRESS, function.place);
    }

    /// `OrtGetApiBase()->GetApi(VERSION)`.
    private static MemorySegment table() {
        OrtEnvironment.getEnvironment(); // loads the library
        SymbolLookup library = SymbolLookup.loaderLookup();
        MemorySegment function = library.find("OrtGetApiBase").orElseGet(() -> SymbolLookup.libraryLookup(
                        LIBRARY, Arena.global()) // loaded by another class loader: found by its name
                .findOrThrow("OrtGetApiBase"));
        int last = Function.ADD_EXTERNAL_INITIALIZERS.place;
        try {
            var base = (MemorySegment)
                    LINKER.downcallHandle(function, FunctionDescriptor.of(ADDRESS.withTargetLayout(ADDRESS)))
                            .invokeExact();
            var table = (MemorySegment) LINKER.downcallHandle(
                            base.get(ADDRESS, 0),
                            FunctionDescriptor.of(
                                    ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(last + 1, ADDRESS)),
                                    ValueLayout.JAVA_INT))
                    .invokeExact(VERSION);
            if (table.equals(MemorySegment.NULL)) {
                throw new IllegalStateException("ONNX Runtime: expected its C interface %d".formatted(VERSION));
            }
            return table;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // C throws nothing
        }
    }

    private static MemorySegment start() {
        try (Arena arena = Arena.ofConfined()) {
            return make(Function.CREATE_ENV, WARNINGS, arena.allocateFrom("millrace"));
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not start", e);
        }
    }
}
