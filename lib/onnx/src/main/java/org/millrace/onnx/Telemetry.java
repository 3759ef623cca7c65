package org.millrace.onnx;

/// Forbids ONNX Runtime to report on its use. Its official builds (1.29) send events to their maker over
/// HTTPS unless `ORT_DISABLE_TELEMETRY` is set before the library starts; the switch in its Java interface
/// comes too late for the first of them. The collector also parses the process's command line with a
/// recursive expression: at some thousand characters, a long class path, it overflows the stack and takes
/// the process with it.
public final class Telemetry {

    private Telemetry() {}

    /// To be called before the first use of ONNX Runtime in this process, which must allow native access.
    public static void off() {
        NativeEnvironment.set("ORT_DISABLE_TELEMETRY", "1");
    }
}
