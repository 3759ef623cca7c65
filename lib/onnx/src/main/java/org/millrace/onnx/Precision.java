package org.millrace.onnx;

import java.util.Arrays;
import java.util.Locale;

/// How the matrices of a model's products are held. Norms, the rotary tables and the embedding are as what flows
/// between operators: see [Numbers].
public enum Precision {
    /// As they were trained, so that log-probabilities are the trainer's.
    FP32(32, 32),
    /// Rounded to 16 bits, and so is all that lies between: what accelerators compute fast.
    FP16(16, 16),
    /// A byte a number, and a scale for 32 to 128 of them.
    INT8(8, 8),
    /// Half a byte a number, and a scale for 32 of them; the head, which every token goes through, as [#INT8].
    INT4(4, 8);

    private final int bits;
    private final int headBits;

    Precision(int bits, int headBits) {
        this.bits = bits;
        this.headBits = headBits;
    }

    /// @param name "fp32", "fp16", "int8" or "int4"
    /// @throws IllegalArgumentException if it is another
    public static Precision named(String name) {
        return Arrays.stream(values())
                .filter(precision -> precision.label().equals(name))
                .findAny()
                .orElseThrow(() ->
                        new IllegalArgumentException("expected fp32, fp16, int8 or int4, got \"%s\"".formatted(name)));
    }

    /// What people call it.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether matrices are codes with scales, in blocks.
    public boolean isCoded() {
        return bits < 16;
    }

    /// @param weight name of a matrix
    int bitsOf(String weight) {
        return weight.equals(DecoderGraph.HEAD) ? headBits : bits;
    }
}
