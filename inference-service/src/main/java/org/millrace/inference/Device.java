package org.millrace.inference;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.millrace.onnx.Numbers;
import org.millrace.onnx.Precision;

/// Where models compute, and their keys and values lie.
public sealed interface Device {

    /// The cores of this machine, in its memory.
    record Processor() implements Device {
        @Override
        public String toString() {
            return "device cpu";
        }
    }

    /// An accelerator of NVIDIA's, of compute capability 8.0 or newer. Needs ONNX Runtime's build for it
    /// (Maven profile `gpu`), CUDA 12 and cuDNN 9.
    ///
    /// @param ordinal of those that the process sees
    record Cuda(int ordinal) implements Device {
        @Override
        public String toString() {
            return "device cuda:" + ordinal;
        }
    }

    /// What [#named] takes.
    String NAMES = "cpu|cuda(:[0-9]{1,2})?";

    /// @param name "cpu", "cuda" or "cuda:1"
    /// @throws IllegalArgumentException if it is another
    static Device named(String name) {
        Matcher matcher = Pattern.compile(NAMES).matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("device: expected cpu, cuda or cuda:N, got \"%s\"".formatted(name));
        }
        if (name.equals("cpu")) {
            return new Processor();
        }
        String ordinal = matcher.group(1);
        return new Cuda(ordinal == null ? 0 : Integer.parseInt(ordinal.substring(1)));
    }

    /// Of models for which nobody says another.
    default Precision usual() {
        return switch (this) {
            case Processor processor -> Precision.FP32;
            case Cuda cuda -> Precision.FP16;
        };
    }

    /// @throws IllegalArgumentException if it does not compute so
    default Numbers numbers(Precision precision) {
        return switch (this) {
            case Processor processor -> precision == Precision.FP16 ? Numbers.FP16 : Numbers.FP32;
            case Cuda cuda -> {
                if (precision == Precision.FP32) {
                    throw new IllegalArgumentException("expected fp16, int8 or int4 on cuda, got fp32");
                }
                yield Numbers.FP16;
            }
        };
    }
}
