package org.millrace.cli.model.gguf;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.millrace.checkpoint.NumberType;

/// How a tensor's numbers lie in a GGUF file.
public enum GgufType {
    F32(0, 0, 1, 4),
    F16(1, 1, 1, 2),
    /// Blocks of 32 numbers: a scale d in half precision, then 32 whole numbers q of −127 to 127; each number
    /// is q·d. d is max|x| / 127 rounded up, so the error of a number is at most d / 2.
    Q8_0(8, 7, 32, 34);

    private static final int LARGEST_HALF = 0x7BFF;

    private final int number;
    private final int fileType;
    private final int block;
    private final int blockBytes;

    /// @param number `ggml_type`
    /// @param fileType `general.file_type` of a file whose matrices are of this type
    GgufType(int number, int fileType, int block, int blockBytes) {
        this.number = number;
        this.fileType = fileType;
        this.block = block;
        this.blockBytes = blockBytes;
    }

    int number() {
        return number;
    }

    int fileType() {
        return fileType;
    }

    /// Numbers of one block; rows are whole blocks.
    int block() {
        return block;
    }

    /// Bytes of so many numbers.
    long bytes(long numbers) {
        return numbers / block * blockBytes;
    }

    /// @param values whole blocks
    /// @param out little-endian
    /// @throws ArithmeticException if a number is beyond what the type holds
    void put(FloatBuffer values, ByteBuffer out) {
        while (values.hasRemaining()) {
            switch (this) {
                case F32 -> out.putFloat(values.get());
                case F16 -> NumberType.F16.put(out, values.get());
                case Q8_0 -> putBlock(values, out);
            }
        }
    }

    private static void putBlock(FloatBuffer values, ByteBuffer out) {
        float[] x = new float[Q8_0.block];
        values.get(x);
        float largest = 0;
        for (float value : x) {
            largest = Math.max(largest, Math.abs(value));
        }
        short bits = Float.floatToFloat16(largest / 127);
        if (Float.float16ToFloat(bits) < largest / 127) {
            bits++; // halves above 0 are ordered as their bits are
        }
        if (bits > LARGEST_HALF) {
            throw new ArithmeticException("%s is beyond the largest of %s".formatted(largest, Q8_0));
        }
        float scale = Float.float16ToFloat(bits);
        out.putShort(bits);
        for (float value : x) {
            out.put((byte) (scale == 0 ? 0 : Math.round(value / scale)));
        }
    }
}
