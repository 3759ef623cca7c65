package org.millrace.inference.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Zeros that take memory only where somebody writes: large blocks are pages that the system gives at the first touch.
/// An [Arena]'s own blocks are written all over at once.
final class Untouched {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle CALLOC = function(
            "calloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private Untouched() {}

    /// @param alignment a power of two
    /// @param arena frees it
    /// @throws OutOfMemoryError if the system has no room for so much
    static MemorySegment allocate(Arena arena, long bytes, long alignment) {
        MemorySegment block = calloc(bytes + alignment);
        MemorySegment owned = block.reinterpret(bytes + alignment, arena, Untouched::free);
        long past = owned.address() % alignment;
        return owned.asSlice(past == 0 ? 0 : alignment - past, bytes);
    }

    private static MemorySegment calloc(long bytes) {
        MemorySegment block;
        try {
            block = (MemorySegment) CALLOC.invokeExact(1L, bytes);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // calloc throws nothing
        }
        if (block.equals(MemorySegment.NULL)) {
            throw new OutOfMemoryError("no room for %d bytes".formatted(bytes));
        }
        return block;
    }

    private static void free(MemorySegment block) {
        try {
            FREE.invokeExact(block);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // free throws nothing
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }
}
