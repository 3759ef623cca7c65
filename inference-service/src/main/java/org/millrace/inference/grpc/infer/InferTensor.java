package org.millrace.inference.grpc.infer;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferRequest.InferInputTensor;

/// One input of ModelInfer, from whichever of the protocol's two encodings the request uses. Each
/// `IllegalArgumentException` names field, expectation and value; of a text it tells no more than its length.
///
/// @param field of the request: `inputs[0]`
/// @param texts elements of datatype BYTES, UTF-8; else none
/// @param numbers elements of the others, BOOL as 0 and 1; else none
record InferTensor(String field, List<Long> shape, List<String> texts, List<Long> numbers) {

    /// What our models take.
    enum Kind {
        TEXT("text"),
        TEXT_INPUT("text_input"),
        TOKEN_IDS("token_ids"),
        SAMPLING_PARAMETERS("sampling_parameters"),
        STREAM("stream"),
        EXCLUDE_INPUT_IN_OUTPUT("exclude_input_in_output");

        private final String tensor;

        Kind(String tensor) {
            this.tensor = tensor;
        }

        String tensor() {
            return tensor;
        }

        /// The usual one first.
        List<String> datatypes() {
            return switch (this) {
                case TEXT, TEXT_INPUT, SAMPLING_PARAMETERS -> List.of("BYTES");
                case TOKEN_IDS -> List.of("INT32", "INT64");
                case STREAM, EXCLUDE_INPUT_IN_OUTPUT -> List.of("BOOL");
            };
        }

        /// Elements in each dimension, −1: as many as the caller has.
        List<Long> shape() {
            return switch (this) {
                case TEXT, TEXT_INPUT -> List.of(-1L);
                case TOKEN_IDS -> List.of(-1L, -1L);
                case SAMPLING_PARAMETERS, STREAM, EXCLUDE_INPUT_IN_OUTPUT -> List.of(1L);
            };
        }

        static Kind named(String field, String name) {
            return Arrays.stream(values())
                    .filter(kind -> kind.tensor.equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("%s: expected one of %s, got \"%s\""
                            .formatted(
                                    field,
                                    Arrays.stream(values()).map(Kind::tensor).toList(),
                                    PolicyRequests.shown(name))));
        }
    }

    static InferTensor listed(int index, Kind kind, InferInputTensor input) {
        String field = "inputs[%d]".formatted(index);
        int elements = elements(field, kind, input);
        InferTensorContents contents = input.getContents();
        String wanted = listOf(input.getDatatype());
        for (FieldDescriptor given : contents.getAllFields().keySet()) {
            if (!given.getName().equals(wanted)) {
                throw new IllegalArgumentException(
                        "%s.contents: expected %s alone, got %s".formatted(field, wanted, given.getName()));
            }
        }
        int given = contents.getRepeatedFieldCount(
                InferTensorContents.getDescriptor().findFieldByName(wanted));
        if (given != elements) {
            throw new IllegalArgumentException(
                    "%s.contents.%s: expected %d as the shape says, got %d".formatted(field, wanted, elements, given));
        }
        List<Long> numbers = new ArrayList<>(contents.getInt64ContentsList());
        contents.getIntContentsList().forEach(value -> numbers.add((long) value));
        contents.getBoolContentsList().forEach(value -> numbers.add(value ? 1L : 0L));
        return of(field, kind, input, contents.getBytesContentsList(), numbers);
    }

    static InferTensor raw(int index, Kind kind, InferInputTensor input, ByteString raw) {
        String field = "inputs[%d]".formatted(index);
        String source = "raw_input_contents of " + field;
        int elements = elements(field, kind, input);
        if (input.getDatatype().equals("BYTES")) {
            return of(field, kind, input, framed(source, kind, raw, elements), List.of());
        }
        int width =
                switch (input.getDatatype()) {
                    case "BOOL" -> 1;
                    case "INT32" -> Integer.BYTES;
                    default -> Long.BYTES;
                };
        if (raw.size() != elements * width) {
            throw new IllegalArgumentException(
                    "%s: expected %d bytes as the shape says, got %d".formatted(source, elements * width, raw.size()));
        }
        ByteBuffer in = raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        List<Long> numbers = new ArrayList<>();
        while (in.hasRemaining()) {
            numbers.add(
                    switch (width) {
                        case 1 -> (long) in.get();
                        case Integer.BYTES -> (long) in.getInt();
                        default -> in.getLong();
                    });
        }
        return of(field, kind, input, List.of(), numbers);
    }

    private static String listOf(String datatype) {
        return switch (datatype) {
            case "BYTES" -> "bytes_contents";
            case "BOOL" -> "bool_contents";
            case "INT32" -> "int_contents";
            default -> "int64_contents";
        };
    }

    private static InferTensor of(
            String field, Kind kind, InferInputTensor input, List<ByteString> elements, List<Long> numbers) {
        List<String> texts = new ArrayList<>();
        for (ByteString element : elements) {
            if (!element.isValidUtf8()) {
                throw new IllegalArgumentException("%s[%d]: expected UTF-8, got %d bytes that are not"
                        .formatted(kind.tensor, texts.size(), element.size()));
            }
            texts.add(element.toStringUtf8());
        }
        return new InferTensor(field, input.getShapeList(), texts, numbers);
    }

    /// How many the shape says.
    private static int elements(String field, Kind kind, InferInputTensor input) {
        if (!kind.datatypes().contains(input.getDatatype())) {
            throw new IllegalArgumentException("%s.datatype: expected %s, got \"%s\""
                    .formatted(
                            field, String.join(" or ", kind.datatypes()), PolicyRequests.shown(input.getDatatype())));
        }
        if (input.getParametersCount() > 0) {
            throw new IllegalArgumentException("%s.parameters: expected none, got %s"
                    .formatted(
                            field, PolicyRequests.shown(input.getParametersMap().keySet())));
        }
        List<Long> shape = input.getShapeList();
        int dimensions = kind.shape().size();
        if (shape.size() != dimensions) {
            throw new IllegalArgumentException("%s.shape: expected %d dimension%s, got %s"
                    .formatted(field, dimensions, dimensions == 1 ? "" : "s", PolicyRequests.shown(shape)));
        }
        boolean one = kind.shape().getFirst() == 1;
        PolicyRequests.within(field + ".shape[0]", shape.getFirst(), 1, one ? 1 : PolicyRequests.MAX_SAMPLES);
        if (dimensions == 1) {
            return (int) (long) shape.getFirst();
        }
        PolicyRequests.within(field + ".shape[1]", shape.getLast(), 1, MAX_IDS);
        return (int) (shape.getFirst() * shape.getLast());
    }

    /// Ids of one prompt: above any context, and 64 times it fits an int.
    private static final int MAX_IDS = 1 << 20;

    /// Each element is behind its length: 4 bytes, little-endian.
    private static List<ByteString> framed(String source, Kind kind, ByteString raw, int count) {
        List<ByteString> elements = new ArrayList<>();
        ByteBuffer in = raw.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
        while (elements.size() < count) {
            if (in.remaining() < Integer.BYTES) {
                throw new IllegalArgumentException(
                        "%s: expected %d lengths of 4 bytes as the shape says, got %d and %d bytes"
                                .formatted(source, count, elements.size(), in.remaining()));
            }
            long length = Integer.toUnsignedLong(in.getInt());
            PolicyRequests.within(
                    "%s, length of %s[%d]".formatted(source, kind.tensor, elements.size()), length, 0, in.remaining());
            int end = in.position() + (int) length;
            elements.add(raw.substring(in.position(), end));
            in.position(end);
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(
                    "%s: expected to end after %d texts, got %d bytes more".formatted(source, count, in.remaining()));
        }
        return elements;
    }
}
