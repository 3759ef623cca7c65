package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.Device;
import org.millrace.inference.onnx.Memory.Tensor;
import org.millrace.onnx.CopyGraph;

/// In the memory of a device, which it never leaves: rows are copied there by a [CopyGraph], whole, as a device
/// copies faster than it is told what to copy. There is one row more, for exchanging two. All begin as zeros.
final class DeviceCache implements Cache {

    private final Shape shape;
    private final Memory memory;
    private final Natives natives = new Natives();
    private final List<Session.Block> blocks = new ArrayList<>();
    private final Session copying;

    /// @param session of the same device, whose memory it takes
    /// @throws OrtException if the device has no room for so much
    DeviceCache(Shape shape, Device device, Session session) throws OrtException {
        this.shape = shape;
        try {
            memory = natives.add(new Memory(device));
            for (int part = 0; part < shape.parts().size(); part++) {
                blocks.add(natives.add(session.allocate(memory, (shape.rows() + 1) * shape.rowBytes())));
            }
            copying = natives.add(
                    Session.asWritten(CopyGraph.of(shape.parts().size(), shape.numbers(), shape.of(1)), device));
            clear();
        } catch (OrtException | RuntimeException | Error e) {
            natives.close();
            throw e;
        }
    }

    private void clear() throws OrtException {
        try (Arena arena = Arena.ofConfined();
                Memory here = new Memory(new Device.Processor());
                Tensor zeros = here.tensor(arena.allocate(shape.rowBytes()), shape.element(), shape.of(1))) {
            List<Tensor> row = Collections.nCopies(blocks.size(), zeros);
            for (int to = 0; to <= shape.rows(); to++) {
                copy(row, to);
            }
        }
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public Tensor rows(int part, int first, int count) throws OrtException {
        MemorySegment view = blocks.get(part).data().asSlice(first * shape.rowBytes(), count * shape.rowBytes());
        return memory.tensor(view, shape.element(), shape.of(count));
    }

    @Override
    public void copy(int from, int to, int length) {
        if (from != to) {
            copy(from, to);
        }
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        int spare = shape.rows();
        copy(a, spare);
        copy(b, a);
        copy(spare, b);
    }

    private void copy(int from, int to) {
        Natives passing = new Natives();
        try {
            List<Tensor> row = new ArrayList<>();
            for (int part = 0; part < blocks.size(); part++) {
                row.add(passing.add(rows(part, from, 1)));
            }
            copy(row, to);
        } catch (OrtException e) {
            throw new IllegalStateException("copying row %d to %d".formatted(from, to), e);
        } finally {
            passing.close();
        }
    }

    private void copy(List<Tensor> row, int to) throws OrtException {
        Natives passing = new Natives();
        try {
            Map<String, Tensor> inputs = new HashMap<>();
            Map<String, Tensor> outputs = new HashMap<>();
            for (int part = 0; part < blocks.size(); part++) {
                inputs.put(CopyGraph.from(part), row.get(part));
                outputs.put(CopyGraph.to(part), passing.add(rows(part, to, 1)));
            }
            passing.add(copying.call(inputs, outputs)).make();
        } finally {
            passing.close();
        }
    }

    @Override
    public void close() {
        natives.close();
    }
}
