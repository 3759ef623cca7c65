package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
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
    private final Natives natives = new Natives();
    private final Memory memory;
    private final List<MemorySegment> blocks = new ArrayList<>();

    /// By row, then by part.
    private final List<List<Tensor>> rows = new ArrayList<>();

    private final Session copying;

    /// @param session of the same device, whose memory it takes
    /// @throws OrtException if the device has no room for so much
    DeviceCache(Shape shape, Device device, Session session) throws OrtException {
        this.shape = shape;
        int parts = shape.parts().size();
        try {
            memory = natives.add(new Memory(device));
            for (int part = 0; part < parts; part++) {
                Session.Block block = natives.add(session.allocate(memory, (shape.rows() + 1) * shape.rowBytes()));
                blocks.add(block.data());
            }
            for (int row = 0; row <= shape.rows(); row++) {
                List<Tensor> views = new ArrayList<>();
                for (int part = 0; part < parts; part++) {
                    views.add(natives.add(rows(part, row, 1)));
                }
                rows.add(views);
            }
            copying = natives.add(Session.asWritten(CopyGraph.of(parts, shape.numbers(), shape.of(1)), device));
            clear(device);
        } catch (OrtException | RuntimeException | Error e) {
            natives.closeAfter(e);
            throw e;
        }
    }

    /// Part by part into the first row, as what comes from this process takes as much memory there once more; and from
    /// there into the others.
    private void clear(Device device) throws OrtException {
        try (Arena arena = Arena.ofConfined();
                Memory here = new Memory(new Device.Processor());
                Tensor zeros = here.tensor(
                        arena.allocate(shape.rowBytes()), shape.numbers().type(), shape.of(1));
                Session one = Session.asWritten(CopyGraph.of(1, shape.numbers(), shape.of(1)), device)) {
            for (Tensor part : rows.getFirst()) {
                copy(one, List.of(zeros), List.of(part));
            }
        }
        for (int row = 1; row <= shape.rows(); row++) {
            copy(copying, rows.getFirst(), rows.get(row));
        }
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public Tensor rows(int part, int first, int count) throws OrtException {
        return shape.rows(memory, blocks.get(part), first, count);
    }

    @Override
    public void copy(int from, int to, int length) {
        if (from != to && length > 0) {
            copy(from, to);
        }
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        int spare = shape.rows();
        if (lengthOfA == 0) {
            copy(b, a, lengthOfB);
        } else if (lengthOfB == 0) {
            copy(a, b, lengthOfA);
        } else if (a != b) {
            copy(a, spare);
            copy(b, a);
            copy(spare, b);
        }
    }

    private void copy(int from, int to) {
        try {
            copy(copying, rows.get(from), rows.get(to));
        } catch (OrtException e) {
            throw new IllegalStateException("copying row %d to %d".formatted(from, to), e);
        }
    }

    private static void copy(Session session, List<Tensor> from, List<Tensor> to) throws OrtException {
        Map<String, Tensor> inputs = new HashMap<>();
        Map<String, Tensor> outputs = new HashMap<>();
        for (int part = 0; part < from.size(); part++) {
            inputs.put(CopyGraph.from(part), from.get(part));
            outputs.put(CopyGraph.to(part), to.get(part));
        }
        try (Arena arena = Arena.ofConfined()) {
            session.call(arena, inputs, outputs).make();
        }
    }

    @Override
    public void close() {
        natives.close();
    }
}
