package org.millrace.onnx;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Writes the parts of the ONNX format that a decoder needs. It knows field numbers and nothing of
/// models. The numbers are those of the public `onnx.proto`; they never change, by protobuf's rules.
final class OnnxWriter {

    /// One attribute of a node.
    sealed interface Attribute {
        record Real(String name, float value) implements Attribute {}

        record Whole(String name, long value) implements Attribute {}
    }

    /// One axis of an input or output: a size, or a name for a size known only when the graph runs.
    sealed interface Axis {
        record Fixed(long size) implements Axis {}

        record Free(String name) implements Axis {}
    }

    private static final int IR_VERSION = 8;

    private static final class Model {
        static final int IR_VERSION = 1;
        static final int PRODUCER_NAME = 2;
        static final int GRAPH = 7;
        static final int OPSET_IMPORT = 8;
    }

    private static final class OperatorSet {
        static final int DOMAIN = 1;
        static final int VERSION = 2;
    }

    private static final class Graph {
        static final int NODE = 1;
        static final int NAME = 2;
        static final int INITIALIZER = 5;
        static final int INPUT = 11;
        static final int OUTPUT = 12;
    }

    private static final class Node {
        static final int INPUT = 1;
        static final int OUTPUT = 2;
        static final int NAME = 3;
        static final int OP_TYPE = 4;
        static final int ATTRIBUTE = 5;
        static final int DOMAIN = 7;
    }

    private static final class AttributeField {
        static final int NAME = 1;
        static final int FLOAT = 2;
        static final int INT = 3;
        static final int TYPE = 20;
        static final int TYPE_FLOAT = 1;
        static final int TYPE_INT = 2;
    }

    private static final class Tensor {
        static final int DIMS = 1;
        static final int DATA_TYPE = 2;
        static final int NAME = 8;
        static final int RAW_DATA = 9;
        static final int EXTERNAL_DATA = 13;
        static final int DATA_LOCATION = 14;
        static final int LOCATION_EXTERNAL = 1;
    }

    private static final class Entry {
        static final int KEY = 1;
        static final int VALUE = 2;
    }

    private static final class ValueInfo {
        static final int NAME = 1;
        static final int TYPE = 2;
        static final int TYPE_TENSOR = 1;
        static final int TENSOR_ELEMENT = 1;
        static final int TENSOR_SHAPE = 2;
        static final int SHAPE_DIMENSION = 1;
        static final int DIMENSION_VALUE = 1;
        static final int DIMENSION_PARAMETER = 2;
    }

    @FunctionalInterface
    private interface Body {
        void write(CodedOutputStream out) throws IOException;
    }

    private final ByteArrayOutputStream graph = new ByteArrayOutputStream();
    private int nodes;

    OnnxWriter(String name) {
        append(out -> out.writeString(Graph.NAME, name));
    }

    void node(String domain, String op, List<String> inputs, List<String> outputs, Attribute... attributes) {
        String name = op + "_" + nodes++;
        append(out -> out.writeByteArray(Graph.NODE, message(node -> {
            for (String input : inputs) {
                node.writeString(Node.INPUT, input);
            }
            for (String output : outputs) {
                node.writeString(Node.OUTPUT, output);
            }
            node.writeString(Node.NAME, name);
            node.writeString(Node.OP_TYPE, op);
            for (Attribute attribute : attributes) {
                node.writeByteArray(Node.ATTRIBUTE, message(attribute));
            }
            node.writeString(Node.DOMAIN, domain);
        })));
    }

    void input(String name, Element type, Axis... shape) {
        append(out -> out.writeByteArray(Graph.INPUT, valueInfo(name, type, shape)));
    }

    void output(String name, Element type, Axis... shape) {
        append(out -> out.writeByteArray(Graph.OUTPUT, valueInfo(name, type, shape)));
    }

    /// A weight whose values are handed to the session beside the graph. The location is only a mark:
    /// no file of that name is ever opened when every such weight is handed over.
    void external(String name, Element type, long... shape) {
        external(name, type, shape, Map.of("location", "weights"));
    }

    /// A weight whose values lie in a file beside that of the graph.
    ///
    /// @param offset of its first byte; its numbers are little-endian fp32
    void external(String name, String location, long offset, long length, long... shape) {
        external(
                name,
                Element.FLOAT,
                shape,
                new TreeMap<>(Map.of(
                        "location", location, "offset", Long.toString(offset), "length", Long.toString(length))));
    }

    private void external(String name, Element type, long[] shape, Map<String, String> place) {
        append(out -> out.writeByteArray(Graph.INITIALIZER, message(tensor -> {
            for (long size : shape) {
                tensor.writeInt64(Tensor.DIMS, size);
            }
            tensor.writeInt32(Tensor.DATA_TYPE, type.number());
            tensor.writeString(Tensor.NAME, name);
            for (Map.Entry<String, String> pair : place.entrySet()) {
                tensor.writeByteArray(Tensor.EXTERNAL_DATA, message(entry -> {
                    entry.writeString(Entry.KEY, pair.getKey());
                    entry.writeString(Entry.VALUE, pair.getValue());
                }));
            }
            tensor.writeEnum(Tensor.DATA_LOCATION, Tensor.LOCATION_EXTERNAL);
        })));
    }

    /// A small vector of whole numbers, inside the graph.
    void constant(String name, long... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(raw::putLong);
        append(out -> out.writeByteArray(Graph.INITIALIZER, message(tensor -> {
            tensor.writeInt64(Tensor.DIMS, values.length);
            tensor.writeInt32(Tensor.DATA_TYPE, Element.INT64.number());
            tensor.writeString(Tensor.NAME, name);
            tensor.writeByteArray(Tensor.RAW_DATA, raw.array());
        })));
    }

    /// The whole model.
    byte[] model(int opset, String contribution) {
        return message(out -> {
            out.writeInt64(Model.IR_VERSION, IR_VERSION);
            out.writeString(Model.PRODUCER_NAME, "millrace");
            out.writeByteArray(Model.GRAPH, graph.toByteArray());
            out.writeByteArray(Model.OPSET_IMPORT, operatorSet("", opset));
            out.writeByteArray(Model.OPSET_IMPORT, operatorSet(contribution, 1));
        });
    }

    private static byte[] operatorSet(String domain, int version) {
        return message(out -> {
            out.writeString(OperatorSet.DOMAIN, domain);
            out.writeInt64(OperatorSet.VERSION, version);
        });
    }

    private static byte[] message(Attribute attribute) {
        return message(out -> {
            switch (attribute) {
                case Attribute.Real(String name, float value) -> {
                    out.writeString(AttributeField.NAME, name);
                    out.writeFloat(AttributeField.FLOAT, value);
                    out.writeEnum(AttributeField.TYPE, AttributeField.TYPE_FLOAT);
                }
                case Attribute.Whole(String name, long value) -> {
                    out.writeString(AttributeField.NAME, name);
                    out.writeInt64(AttributeField.INT, value);
                    out.writeEnum(AttributeField.TYPE, AttributeField.TYPE_INT);
                }
            }
        });
    }

    private static byte[] valueInfo(String name, Element type, Axis... shape) {
        byte[] dimensions = message(out -> {
            for (Axis axis : shape) {
                out.writeByteArray(ValueInfo.SHAPE_DIMENSION, message(dimension -> {
                    switch (axis) {
                        case Axis.Fixed(long size) -> dimension.writeInt64(ValueInfo.DIMENSION_VALUE, size);
                        case Axis.Free(String axisName) ->
                            dimension.writeString(ValueInfo.DIMENSION_PARAMETER, axisName);
                    }
                }));
            }
        });
        byte[] tensor = message(out -> {
            out.writeInt32(ValueInfo.TENSOR_ELEMENT, type.number());
            out.writeByteArray(ValueInfo.TENSOR_SHAPE, dimensions);
        });
        return message(out -> {
            out.writeString(ValueInfo.NAME, name);
            out.writeByteArray(ValueInfo.TYPE, message(t -> t.writeByteArray(ValueInfo.TYPE_TENSOR, tensor)));
        });
    }

    private void append(Body body) {
        graph.writeBytes(message(body));
    }

    private static byte[] message(Body body) {
        var bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            body.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return bytes.toByteArray();
    }
}
