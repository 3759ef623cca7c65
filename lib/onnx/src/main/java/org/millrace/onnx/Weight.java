package org.millrace.onnx;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/// What a session is given beside the graph, as it lies in memory: row-major.
public sealed interface Weight {

    long[] shape();

    /// fp32.
    record Real(long[] shape, FloatBuffer values) implements Weight {}

    /// Unsigned bytes.
    record Bytes(long[] shape, ByteBuffer values) implements Weight {}
}
