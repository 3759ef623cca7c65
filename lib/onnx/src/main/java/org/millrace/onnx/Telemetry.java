package org.millrace.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Forbids ONNX Runtime to report on its use. Its official builds (1.29) send events to their maker over
/// HTTPS unless `ORT_DISABLE_TELEMETRY` is set before the library starts; the switch in its Java interface
/// comes too late for the first of them. The collector also parses the process's command line with a
/// recursive expression: at some thousand characters, a long class path, it overflows the stack and takes
/// the process with it.
public final class Telemetry {

    private static final String SWITCH = "ORT_DISABLE_TELEMETRY";

    private Telemetry() {}

    /// To be called before the first use of ONNX Runtime in this process, which must allow native access.
    public static void off() {
        Linker linker = Linker.nativeLinker();
        MethodHandle setenv = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setenv"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(SWITCH);
            int failed = (int) setenv.invokeExact(name, arena.allocateFrom("1"), 1);
            if (failed != 0) {
                throw new IllegalStateException(SWITCH + ": could not be set");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // setenv throws nothing
        }
    }
}
