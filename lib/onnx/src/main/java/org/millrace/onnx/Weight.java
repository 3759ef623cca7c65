package org.millrace.onnx;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/// What a session is given beside the graph, as it lies in memory: row-major.
public sealed interface Weight {

    long[] shape();

    /// fp32.
    record Real(long[] shape, FloatBuffer values) implements Weight {}

    /// fp16, as [Float#floatToFloat16(float)] has it.
    record Half(long[] shape, ShortBuffer values) implements Weight {}

    /// Unsigned bytes.
    record Bytes(long[] shape, ByteBuffer values) implements Weight {}
}
