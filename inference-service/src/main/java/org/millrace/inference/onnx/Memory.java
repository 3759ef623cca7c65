package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.millrace.inference.Device;
import org.millrace.inference.onnx.Ort.Function;
import org.millrace.onnx.Element;

/// Where the data of tensors lies.
final class Memory implements AutoCloseable {

    private static final int DEVICE_ALLOCATOR = 0;
    private static final int DEFAULT_TYPE = 0;

    private final MemorySegment info;

    Memory(Device device) throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            String name =
                    switch (device) {
                        case Device.Processor processor -> "Cpu";
                        case Device.Cuda cuda -> "Cuda";
                    };
            int ordinal = device instanceof Device.Cuda(int number) ? number : 0;
            info = Ort.make(
                    Function.CREATE_MEMORY_INFO, arena.allocateFrom(name), DEVICE_ALLOCATOR, ordinal, DEFAULT_TYPE);
        }
    }

    MemorySegment info() {
        return info;
    }

    /// Over memory that stays the caller's, and must outlive the tensor.
    Tensor tensor(MemorySegment data, Element element, long... shape) throws OrtException {
        return new Tensor(Ort.tensor(info, data, element, shape));
    }

    @Override
    public void close() {
        Ort.release(Function.RELEASE_MEMORY_INFO, info);
    }

    /// @param value `OrtValue`
    record Tensor(MemorySegment value) implements AutoCloseable {
        @Override
        public void close() {
            Ort.release(Function.RELEASE_VALUE, value);
        }
    }
}
