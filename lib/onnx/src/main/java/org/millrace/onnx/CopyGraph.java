package org.millrace.onnx;

import java.util.Arrays;
import java.util.List;

/// A graph that only copies, so that whoever runs it on a device copies there: input [#from] into output [#to], of as
/// many tensors as it has. To be run as it is written.
public final class CopyGraph {

    private static final int OPSET = 17;

    private CopyGraph() {}

    /// @param tensors that are copied together
    /// @param shape of each
    public static byte[] of(int tensors, Numbers numbers, long... shape) {
        var out = new OnnxWriter("copy");
        OnnxWriter.Axis[] axes =
                Arrays.stream(shape).mapToObj(OnnxWriter.Axis.Fixed::new).toArray(OnnxWriter.Axis[]::new);
        for (int i = 0; i < tensors; i++) {
            out.input(from(i), numbers.type(), axes);
            out.output(to(i), numbers.type(), axes);
            out.node("", "Identity", List.of(from(i)), List.of(to(i)));
        }
        return out.model(OPSET, "com.microsoft");
    }

    public static String from(int tensor) {
        return "from." + tensor;
    }

    public static String to(int tensor) {
        return "to." + tensor;
    }
}
