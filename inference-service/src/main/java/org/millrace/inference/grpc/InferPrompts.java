package org.millrace.inference.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferInputTensor;

/// Reads the one input of ModelInfer, the tensor `text` of n prompts, from whichever of the
/// protocol's two encodings the request uses. Each `IllegalArgumentException` names field,
/// expectation and value; of a prompt it tells no more than its length.
final class InferPrompts {

    static final String TENSOR = "text";
    static final String DATATYPE = "BYTES";

    private InferPrompts() {}

    static List<String> of(ModelInferRequest request) {
        InferInputTensor input = onlyInput(request);
        int prompts = prompts(input);
        List<ByteString> elements = request.getRawInputContentsCount() == 0
                ? listed(input, prompts)
                : framed(request.getRawInputContents(0), prompts);
        List<String> texts = new ArrayList<>();
        for (ByteString element : elements) {
            if (!element.isValidUtf8()) {
                throw new IllegalArgumentException(
                        "text[%d]: expected UTF-8, got %d bytes that are not".formatted(texts.size(), element.size()));
            }
            texts.add(element.toStringUtf8());
        }
        return texts;
    }

    private static InferInputTensor onlyInput(ModelInferRequest request) {
        for (int i = 0; i < request.getInputsCount(); i++) {
            InferInputTensor input = request.getInputs(i);
            if (!input.getName().equals(TENSOR)) {
                throw new IllegalArgumentException(
                        "inputs[%d].name: expected \"%s\", got \"%s\"".formatted(i, TENSOR, input.getName()));
            }
            if (request.getRawInputContentsCount() > 0 && input.hasContents()) {
                throw new IllegalArgumentException(
                        "raw_input_contents: expected none where inputs[%d].contents is set, got %d"
                                .formatted(i, request.getRawInputContentsCount()));
            }
        }
        if (request.getInputsCount() != 1) {
            throw new IllegalArgumentException("inputs: expected 1, got " + request.getInputsCount());
        }
        if (request.getRawInputContentsCount() > 1) {
            throw new IllegalArgumentException(
                    "raw_input_contents: expected 1 as there are inputs, got " + request.getRawInputContentsCount());
        }
        return request.getInputs(0);
    }

    private static int prompts(InferInputTensor input) {
        if (!input.getDatatype().equals(DATATYPE)) {
            throw new IllegalArgumentException(
                    "inputs[0].datatype: expected %s, got \"%s\"".formatted(DATATYPE, input.getDatatype()));
        }
        if (input.getShapeCount() != 1) {
            throw new IllegalArgumentException(
                    "inputs[0].shape: expected 1 dimension, got %s".formatted(input.getShapeList()));
        }
        PolicyRequests.within("inputs[0].shape[0]", input.getShape(0), 1, PolicyRequests.MAX_SAMPLES);
        if (input.getParametersCount() > 0) {
            throw new IllegalArgumentException("inputs[0].parameters: expected none, got %s"
                    .formatted(input.getParametersMap().keySet()));
        }
        return (int) input.getShape(0);
    }

    private static List<ByteString> listed(InferInputTensor input, int prompts) {
        InferTensorContents contents = input.getContents();
        for (FieldDescriptor field : contents.getAllFields().keySet()) {
            if (field.getNumber() != InferTensorContents.BYTES_CONTENTS_FIELD_NUMBER) {
                throw new IllegalArgumentException(
                        "inputs[0].contents: expected bytes_contents alone, got " + field.getName());
            }
        }
        if (contents.getBytesContentsCount() != prompts) {
            throw new IllegalArgumentException(
                    "inputs[0].contents.bytes_contents: expected %d as the shape says, got %d"
                            .formatted(prompts, contents.getBytesContentsCount()));
        }
        return contents.getBytesContentsList();
    }

    /// Each element is behind its length: 4 bytes, little-endian.
    private static List<ByteString> framed(ByteString raw, int prompts) {
        List<ByteString> elements = new ArrayList<>();
        ByteBuffer in = raw.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
        while (elements.size() < prompts) {
            if (in.remaining() < Integer.BYTES) {
                throw new IllegalArgumentException(
                        "raw_input_contents[0]: expected %d lengths of 4 bytes as the shape says, got %d and %d bytes"
                                .formatted(prompts, elements.size(), in.remaining()));
            }
            long length = Integer.toUnsignedLong(in.getInt());
            PolicyRequests.within(
                    "raw_input_contents[0], length of text[%d]".formatted(elements.size()), length, 0, in.remaining());
            int end = in.position() + (int) length;
            elements.add(raw.substring(in.position(), end));
            in.position(end);
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(
                    "raw_input_contents[0]: expected to end after %d texts, got %d bytes more"
                            .formatted(prompts, in.remaining()));
        }
        return elements;
    }
}
