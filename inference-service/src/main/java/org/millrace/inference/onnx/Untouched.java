package org.millrace.inference.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Zeros that take memory only where somebody writes: pages that the system gives at the first touch. An
/// [Arena]'s own blocks are written all over at once.
final class Untouched {

    private static final int READ_AND_WRITE = 3;
    private static final int PRIVATE = 2;
    private static final int ANONYMOUS = System.getProperty("os.name").startsWith("Mac") ? 0x1000 : 0x20;
    private static final int NO_FILE = -1;
    private static final long FAILED = -1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle MMAP = function(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final MethodHandle MUNMAP =
            function("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private Untouched() {}

    /// @param arena gives it back
    /// @return aligned to a page
    /// @throws OutOfMemoryError if the system has no room for so much
    static MemorySegment allocate(Arena arena, long bytes) {
        return map(bytes).reinterpret(bytes, arena, block -> unmap(block, bytes));
    }

    private static MemorySegment map(long bytes) {
        MemorySegment block;
        try {
            block = (MemorySegment)
                    MMAP.invokeExact(MemorySegment.NULL, bytes, READ_AND_WRITE, PRIVATE | ANONYMOUS, NO_FILE, 0L);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // mmap throws nothing
        }
        if (block.address() == FAILED) {
            throw new OutOfMemoryError("no room for %d bytes".formatted(bytes));
        }
        return block;
    }

    private static void unmap(MemorySegment block, long bytes) {
        int failed;
        try {
            failed = (int) MUNMAP.invokeExact(block, bytes);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // munmap throws nothing
        }
        if (failed != 0) {
            throw new IllegalStateException("could not give back %d bytes at %s".formatted(bytes, block));
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }
}
