package org.millrace.checkpoint;

import java.nio.ByteBuffer;

/// How a weight is stored. Widening to fp32 is exact; narrowing rounds to the nearest, ties to even.
public enum NumberType {
    F32(Float.BYTES, "float32"),
    F16(Short.BYTES, "float16"),
    BF16(Short.BYTES, "bfloat16");

    private final int bytes;
    private final String torchName;

    NumberType(int bytes, String torchName) {
        this.bytes = bytes;
        this.torchName = torchName;
    }

    /// Bytes of one number.
    public int bytes() {
        return bytes;
    }

    /// As `torch_dtype` in `config.json`.
    String torchName() {
        return torchName;
    }

    /// Appends one number to a little-endian buffer.
    ///
    /// @throws ArithmeticException if it is finite and beyond the largest number of this type
    public void put(ByteBuffer out, float value) {
        switch (this) {
            case F32 -> out.putFloat(value);
            case F16 -> out.putShort(checked(value, Float.floatToFloat16(value), 0x7C00));
            case BF16 -> {
                int bits = Float.floatToRawIntBits(value);
                int rounded = Float.isNaN(value) ? bits | 0x40_0000 : bits + 0x7FFF + (bits >>> 16 & 1);
                out.putShort(checked(value, (short) (rounded >>> 16), 0x7F80));
            }
        }
    }

    private short checked(float value, short narrowed, int infinity) {
        if ((narrowed & 0x7FFF) == infinity && Float.isFinite(value)) {
            throw new ArithmeticException("%s is beyond the largest %s".formatted(value, name()));
        }
        return narrowed;
    }
}
