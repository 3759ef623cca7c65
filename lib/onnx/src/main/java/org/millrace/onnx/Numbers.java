package org.millrace.onnx;

/// What flows between the operators of a graph, and what its keys and values are.
public enum Numbers {
    /// Of processors.
    FP32(Float.BYTES, OnnxWriter.Type.FLOAT),
    /// Of accelerators: ONNX Runtime (1.29) has attention over a cache for CUDA in 16 bits alone.
    /// Processors compute the same graph, for tests: they widen what an operator reads, or all of it.
    FP16(Short.BYTES, OnnxWriter.Type.FLOAT16);

    private final int bytes;
    private final OnnxWriter.Type type;

    Numbers(int bytes, OnnxWriter.Type type) {
        this.bytes = bytes;
        this.type = type;
    }

    /// Of one of them.
    public int bytes() {
        return bytes;
    }

    OnnxWriter.Type type() {
        return type;
    }
}
