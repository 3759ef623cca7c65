package org.millrace.onnx;

/// Types of a tensor's numbers, as the format numbers them (`TensorProto.DataType`) and ONNX Runtime after it
/// (`ONNXTensorElementDataType`).
public enum Element {
    FLOAT(1),
    UINT8(2),
    INT32(6),
    INT64(7),
    FLOAT16(10);

    private final int number;

    Element(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
