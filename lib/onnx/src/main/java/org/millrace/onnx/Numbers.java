package org.millrace.onnx;

/// What flows between the operators of a graph, and what its keys and values are.
public enum Numbers {
    /// Of processors.
    FP32(Float.BYTES, Element.FLOAT),
    /// Of accelerators: ONNX Runtime (1.29) has attention over a cache for CUDA in 16 bits alone.
    /// Processors compute the same graph, for tests: they widen what an operator reads, or all of it.
    FP16(Short.BYTES, Element.FLOAT16);

    private final int bytes;
    private final Element type;

    Numbers(int bytes, Element type) {
        this.bytes = bytes;
        this.type = type;
    }

    /// Of one of them.
    public int bytes() {
        return bytes;
    }

    public Element type() {
        return type;
    }
}
