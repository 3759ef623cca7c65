package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.millrace.inference.onnx.Memory.Tensor;

/// In this process's memory. A row takes memory as far as it has ever been filled.
final class HostCache implements Cache {

    private static final long MUCH = 1 << 20; // bytes that it is worth to wake a thread for

    private final Shape shape;
    private final Memory memory;
    private final boolean parallel;
    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> blocks;
    private final MemorySegment swapped; // room for one head of a row

    /// @param memory the processor's
    /// @param parallel whether all cores may copy
    /// @throws OutOfMemoryError if the system has no room for so much
    HostCache(Shape shape, Memory memory, boolean parallel) {
        this.shape = shape;
        this.memory = memory;
        this.parallel = parallel;
        try {
            blocks = shape.parts().stream()
                    .map(part -> Untouched.allocate(arena, shape.rows() * shape.rowBytes()))
                    .toList();
            swapped = arena.allocate(shape.headBytes());
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
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
        if (from == to) {
            return;
        }
        long bytes = shape.headBytes(length);
        inBlocks(bytes * heads() * blocks.size()).forEach(block -> {
            for (int k = 0; k < heads(); k++) {
                MemorySegment.copy(block, offset(from, k), block, offset(to, k), bytes);
            }
        });
    }

    /// For copying so much of them: between two steps the cores have nothing else to do.
    private Stream<MemorySegment> inBlocks(long bytes) {
        Stream<MemorySegment> all = blocks.stream();
        return bytes < MUCH || !parallel ? all : all.parallel();
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        long bytes = shape.headBytes(Math.max(lengthOfA, lengthOfB));
        for (MemorySegment block : blocks) {
            for (int k = 0; k < heads(); k++) {
                MemorySegment ofA = block.asSlice(offset(a, k), bytes);
                MemorySegment ofB = block.asSlice(offset(b, k), bytes);
                MemorySegment.copy(ofA, 0, swapped, 0, bytes);
                MemorySegment.copy(ofB, 0, ofA, 0, bytes);
                MemorySegment.copy(swapped, 0, ofB, 0, bytes);
            }
        }
    }

    private int heads() {
        return shape.config().kvHeads();
    }

    private long offset(int row, int head) {
        return row * shape.rowBytes() + head * shape.headBytes();
    }

    @Override
    public void close() {
        arena.close();
    }
}
