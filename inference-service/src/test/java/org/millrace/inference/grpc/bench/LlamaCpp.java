package org.millrace.inference.grpc.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// llama.cpp by its C API, called from here without anything between. Structures are handed over by value, as
/// releases b7836 and v0.5.0 have them. Of what the library fills in itself, this much is checked: in
/// `llama_context_params` both sizes of a batch, the number of sequences, and that two numbers of threads stand side
/// by side; and the number of tokens. The rest is trusted for these two releases: the order of `llama_batch`, the
/// functions' arguments, and that the other structures are no larger than here.
final class LlamaCpp {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    /// `llama_model_params` and `llama_context_params`: these bytes or fewer, and nobody reads behind them.
    private static final MemoryLayout PARAMETERS =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(32, ValueLayout.JAVA_LONG));

    /// `ggml_threadpool_params`.
    private static final MemoryLayout POOL =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(66, ValueLayout.JAVA_LONG));

    /// `llama_batch`: how many; their ids, embeddings, positions, numbers of sequences, sequences, wanted logits.
    private static final MemoryLayout BATCH = MemoryLayout.structLayout(
            INT, MemoryLayout.paddingLayout(4), POINTER, POINTER, POINTER, POINTER, POINTER, POINTER);

    /// Places in `llama_context_params`.
    private static final int CONTEXT = 0;
    private static final int LOGICAL_BATCH = 4;
    private static final int BATCH_AT_ONCE = 8;
    private static final int SEQUENCES = 12;

    /// What stands in them unless somebody says otherwise, threads of steps and of prompts behind all that.
    private static final int THREADS = 4;

    private static final int PLACES_OF_THREADS = 64;

    private final Arena arena = Arena.global();
    private final Linker linker = Linker.nativeLinker();
    private final Path folder;
    private final SymbolLookup symbols;
    private final MethodHandle decode;
    private final MethodHandle logits;

    /// @param folder of libllama and libggml, with a build of the CPU backend for each kind of processor, of which the
    ///     library takes the best that this one runs
    LlamaCpp(Path folder) {
        this.folder = folder;
        List<SymbolLookup> lookups = Stream.of("ggml-base", "ggml", "llama")
                .map(name -> SymbolLookup.libraryLookup(library(folder, name), arena))
                .toList();
        symbols = name ->
                lookups.stream().flatMap(lookup -> lookup.find(name).stream()).findFirst();
        decode = handle("llama_decode", INT, POINTER, BATCH);
        logits = handle("llama_get_logits", POINTER, POINTER);
        silence();
        run(handle("ggml_backend_load_all_from_path", null, POINTER), arena.allocateFrom(folder.toString()));
        run(handle("llama_backend_init", null));
    }

    /// Its name may have a release in it.
    private static Path library(Path folder, String name) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("lib" + name + "."))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "%s: expected a library %s in it, got none".formatted(folder, name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What it was built for and uses, in its own words.
    String system() {
        MemorySegment text = (MemorySegment) run(handle("llama_print_system_info", POINTER));
        return text.reinterpret(Long.MAX_VALUE).getString(0).strip();
    }

    /// Which of its libraries it loaded, on Linux.
    List<String> libraries() {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            return List.of();
        }
        try (Stream<String> lines = Files.lines(maps)) {
            return lines.filter(line -> line.contains("ggml") || line.contains("gomp"))
                    .map(line -> line.substring(line.lastIndexOf('/') + 1))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void silence() {
        MethodHandle nothing = MethodHandles.empty(
                MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class));
        FunctionDescriptor type = FunctionDescriptor.ofVoid(INT, POINTER, POINTER);
        MemorySegment stub = linker.upcallStub(nothing, type, arena);
        run(handle("llama_log_set", null, POINTER, POINTER), stub, MemorySegment.NULL);
    }

    private MethodHandle handle(String name, @Nullable MemoryLayout result, MemoryLayout... arguments) {
        MemorySegment symbol = symbols.find(name)
                .orElseThrow(() -> new IllegalStateException("llama.cpp: expected a function " + name + ", got none"));
        return linker.downcallHandle(
                symbol,
                result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments));
    }

    private static Object run(MethodHandle handle, Object... arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("a call of llama.cpp", e);
        }
    }

    /// A model that was read from a file, as it is by default: mapped, its matrices in another order where that is
    /// faster for it.
    ///
    /// @param vocabulary V, logits of a row
    /// @param drawable ids below this have a text
    /// @param threads of a step
    Model open(Path gguf, int vocabulary, int drawable, int threads) {
        Object defaults = run(handle("llama_model_default_params", PARAMETERS), arena);
        var model = (MemorySegment) run(
                handle("llama_model_load_from_file", POINTER, POINTER, PARAMETERS),
                arena.allocateFrom(gguf.toString()),
                defaults);
        if (model.equals(MemorySegment.NULL)) {
            throw new IllegalStateException("llama.cpp does not read " + gguf);
        }
        int tokens = (int) run(
                handle("llama_vocab_n_tokens", INT, POINTER),
                run(handle("llama_model_get_vocab", POINTER, POINTER), model));
        if (tokens != vocabulary) {
            throw new IllegalStateException("%s: expected %d tokens, got %d".formatted(gguf, vocabulary, tokens));
        }
        return new Model(model, vocabulary, drawable, threads);
    }

    /// Threads that stay, as in its own programs: without, it starts and ends some in every step.
    private MemorySegment pool(int threads) {
        Object settings = run(handle("ggml_threadpool_params_default", POOL, INT), arena, threads);
        MethodHandle make = ofProcessor("ggml_threadpool_new", FunctionDescriptor.of(POINTER, POINTER));
        return (MemorySegment) run(make, settings);
    }

    /// A function of the backend that was loaded for this processor.
    private MethodHandle ofProcessor(String name, FunctionDescriptor type) {
        var backend =
                (MemorySegment) run(handle("ggml_backend_reg_by_name", POINTER, POINTER), arena.allocateFrom("CPU"));
        if (backend.equals(MemorySegment.NULL)) {
            throw new IllegalStateException(
                    "%s: expected a CPU backend that this processor runs, got none".formatted(folder));
        }
        var function = (MemorySegment) run(
                handle("ggml_backend_reg_get_proc_address", POINTER, POINTER, POINTER),
                backend,
                arena.allocateFrom(name));
        if (function.equals(MemorySegment.NULL)) {
            throw new IllegalStateException("%s: expected %s of the CPU backend, got none".formatted(folder, name));
        }
        return linker.downcallHandle(function, type);
    }

    final class Model implements AutoCloseable {

        private final MemorySegment model;
        private final int vocabulary;
        private final int drawable;
        private final int threads;
        private final MemorySegment pool;

        private Model(MemorySegment model, int vocabulary, int drawable, int threads) {
            this.model = model;
            this.vocabulary = vocabulary;
            this.drawable = drawable;
            this.threads = threads;
            this.pool = pool(threads);
        }

        Batch batch(int sequences, int context) {
            var settings = (MemorySegment) run(handle("llama_context_default_params", PARAMETERS), arena);
            check(settings, LOGICAL_BATCH, 2048);
            check(settings, BATCH_AT_ONCE, 512);
            check(settings, SEQUENCES, 1);
            int places = placeOfThreads(settings);
            settings.set(INT, CONTEXT, sequences * context);
            settings.set(INT, SEQUENCES, sequences);
            settings.set(INT, places, threads);
            settings.set(INT, places + Integer.BYTES, threads);
            var made =
                    (MemorySegment) run(handle("llama_init_from_model", POINTER, POINTER, PARAMETERS), model, settings);
            if (made.equals(MemorySegment.NULL)) {
                throw new IllegalStateException(
                        "llama.cpp has no room for %d sequences of %d".formatted(sequences, context));
            }
            run(handle("llama_attach_threadpool", null, POINTER, POINTER, POINTER), made, pool, pool);
            return new Batch(made, sequences, vocabulary, drawable);
        }

        private static void check(MemorySegment settings, int place, int expected) {
            int got = settings.get(INT, place);
            if (got != expected) {
                throw new IllegalStateException(
                        "llama_context_params at %d: expected %d, got %d".formatted(place, expected, got));
            }
        }

        /// Releases differ in what stands before it.
        private static int placeOfThreads(MemorySegment settings) {
            for (int place = SEQUENCES + Integer.BYTES; place < PLACES_OF_THREADS; place += Integer.BYTES) {
                if (settings.get(INT, place) == THREADS && settings.get(INT, place + Integer.BYTES) == THREADS) {
                    return place;
                }
            }
            throw new IllegalStateException(
                    "llama_context_params: expected %d threads twice, got none".formatted(THREADS));
        }

        /// After its batches.
        @Override
        public void close() {
            run(ofProcessor("ggml_threadpool_free", FunctionDescriptor.ofVoid(POINTER)), pool);
            run(handle("llama_model_free", null, POINTER), model);
        }
    }

    /// Sequences that grow together, each by its likeliest token.
    final class Batch implements AutoCloseable {

        private static final int MOST = 512;

        private final MemorySegment context;
        private final int sequences;
        private final int vocabulary;
        private final Arena own = Arena.ofShared();
        private final MemorySegment batch = own.allocate(BATCH);
        private final MemorySegment tokens = own.allocate(INT, MOST);
        private final MemorySegment positions = own.allocate(INT, MOST);
        private final MemorySegment sequenceOf = own.allocate(ValueLayout.ADDRESS, MOST);
        private final MemorySegment wanted = own.allocate(MOST);
        private final float[] row;
        private int position;

        private Batch(MemorySegment context, int sequences, int vocabulary, int drawable) {
            this.context = context;
            this.sequences = sequences;
            this.vocabulary = vocabulary;
            this.row = new float[drawable];
            MemorySegment ones = own.allocate(INT, MOST);
            for (int i = 0; i < MOST; i++) {
                ones.setAtIndex(INT, i, 1);
            }
            batch.set(ValueLayout.ADDRESS, 8, tokens);
            batch.set(ValueLayout.ADDRESS, 24, positions);
            batch.set(ValueLayout.ADDRESS, 32, ones);
            batch.set(ValueLayout.ADDRESS, 40, sequenceOf);
            batch.set(ValueLayout.ADDRESS, 48, wanted);
        }

        /// Reads prompts of one length into sequences that are empty then.
        ///
        /// @return the likeliest next token of each
        int[] read(int[][] prompts) {
            var memory = (MemorySegment) run(handle("llama_get_memory", POINTER, POINTER), context);
            run(handle("llama_memory_clear", null, POINTER, ValueLayout.JAVA_BOOLEAN), memory, false);
            int length = prompts[0].length;
            for (int b = 0; b < sequences; b++) {
                for (int t = 0; t < length; t++) {
                    put(b * length + t, b, prompts[b][t], t, t == length - 1);
                }
            }
            position = length;
            return likeliest(sequences * length);
        }

        /// Feeds one token to each sequence.
        ///
        /// @return as [#read]
        int[] step(int[] fed) {
            for (int b = 0; b < sequences; b++) {
                put(b, b, fed[b], position, true);
            }
            position++;
            return likeliest(sequences);
        }

        private void put(int i, int sequence, int token, int at, boolean wants) {
            tokens.setAtIndex(INT, i, token);
            positions.setAtIndex(INT, i, at);
            sequenceOf.setAtIndex(ValueLayout.ADDRESS, i, number(sequence));
            wanted.set(ValueLayout.JAVA_BYTE, i, (byte) (wants ? 1 : 0));
        }

        private final MemorySegment numbers = own.allocate(INT, MOST);

        private MemorySegment number(int sequence) {
            numbers.setAtIndex(INT, sequence, sequence);
            return numbers.asSlice((long) sequence * Integer.BYTES);
        }

        private int[] likeliest(int count) {
            batch.set(INT, 0, count);
            try {
                int failed = (int) decode.invokeExact(context, batch);
                if (failed != 0) {
                    throw new IllegalStateException("llama_decode of %d tokens: %d".formatted(count, failed));
                }
                MemorySegment all = ((MemorySegment) logits.invokeExact(context))
                        .reinterpret((long) sequences * vocabulary * Float.BYTES);
                int[] likeliest = new int[sequences];
                for (int b = 0; b < sequences; b++) {
                    MemorySegment.copy(
                            all, ValueLayout.JAVA_FLOAT, (long) b * vocabulary * Float.BYTES, row, 0, row.length);
                    likeliest[b] = likeliest(row);
                }
                return likeliest;
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("a call of llama.cpp", e);
            }
        }

        private static int likeliest(float[] logits) {
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                if (logits[i] > logits[best]) {
                    best = i;
                }
            }
            return best;
        }

        @Override
        public void close() {
            run(handle("llama_free", null, POINTER), context);
            own.close();
        }
    }
}
