package org.millrace.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The variables of this process as its native libraries read them. [System#getenv()] goes on to say what they were at
/// the start.
final class NativeEnvironment {

    private static final MethodHandle SETENV = setenv();

    private NativeEnvironment() {}

    static void set(String variable, String value) {
        try (Arena arena = Arena.ofConfined()) {
            int failed = (int) SETENV.invokeExact(arena.allocateFrom(variable), arena.allocateFrom(value), 1);
            if (failed != 0) {
                throw new IllegalStateException(variable + ": could not be set");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // setenv throws nothing
        }
    }

    private static MethodHandle setenv() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setenv"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    }
}
