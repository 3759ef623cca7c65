package org.millrace.inference.onnx;

import ai.onnxruntime.OrtException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.onnx.Memory.Tensor;
import org.millrace.onnx.DecoderGraph;
import org.millrace.onnx.Numbers;

/// Keys and values of a decoder's rows, in the memory of its device: a block (R,K,P,D) for each layer and part.
///
/// Dimensions: R rows, K key heads, P positions, D head width.
interface Cache extends AutoCloseable {

    /// Makes one for the rows of a decoder, which closes it.
    @FunctionalInterface
    interface Factory {
        /// @param session of the device
        /// @param here the memory of this process
        Cache make(Shape shape, OnnxDecoder.Use use, Session session, Memory here) throws OrtException;
    }

    /// What is in a block.
    ///
    /// @param rows R
    record Shape(ModelConfig config, int rows, Numbers numbers) {

        /// Of layer 0 the keys, the values, of layer 1 the keys, and so on.
        List<Part> parts() {
            return IntStream.range(0, config.layers())
                    .boxed()
                    .flatMap(layer -> Arrays.stream(DecoderGraph.Cache.values())
                            .map(part -> new Part(DecoderGraph.past(part, layer), DecoderGraph.present(part, layer))))
                    .toList();
        }

        /// Of the first positions of one head.
        long headBytes(int positions) {
            return (long) positions * config.headWidth() * numbers.bytes();
        }

        long headBytes() {
            return headBytes(config.context());
        }

        long rowBytes() {
            return config.kvHeads() * headBytes();
        }

        long[] of(int count) {
            return new long[] {count, config.kvHeads(), config.context(), config.headWidth()};
        }

        /// A view of some rows of a block, which the caller closes.
        ///
        /// @param memory in which the block lies
        Tensor rows(Memory memory, MemorySegment block, int first, int count) throws OrtException {
            return memory.tensor(block.asSlice(first * rowBytes(), count * rowBytes()), numbers.type(), of(count));
        }
    }

    /// @param past name of the graph's input
    /// @param present name of the output that is written into the same memory
    record Part(String past, String present) {}

    Shape shape();

    /// A view of some rows, (count,K,P,D), which the caller closes.
    ///
    /// @param part as many as [Shape#parts] has
    Tensor rows(int part, int first, int count) throws OrtException;

    /// Makes row `to` hold the first `length` positions of row `from`.
    void copy(int from, int to, int length);

    /// Exchanges the first `lengthOfA` positions of row `a` for the first `lengthOfB` of row `b`.
    void swap(int a, int lengthOfA, int b, int lengthOfB);

    @Override
    void close();
}
