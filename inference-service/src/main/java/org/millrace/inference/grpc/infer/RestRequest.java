package org.millrace.inference.grpc.infer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.vertx.core.buffer.Buffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.inference.http.Fields;
import org.millrace.inference.http.Json;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferInputTensor;
import org.millrace.proto.inference.ModelInferRequest.InferRequestedOutputTensor;

/// A request in JSON, and elements of its tensors that may follow it in binary, as the message that gRPC would bring:
/// whether that is in order is seen there. Each `IllegalArgumentException` names field, expectation and value.
///
/// @param binary by name of an output: whether its elements are to follow the JSON of the response
/// @param usually of outputs that say nothing
record RestRequest(ModelInferRequest message, Map<String, Boolean> binary, boolean usually) {

    private static final int MOST_DIMENSIONS = 2; // of any input

    boolean isBinary(String output) {
        return binary.getOrDefault(output, usually);
    }

    /// Reads what `infer` is asked. Names of the model in the body, which some clients repeat there, are not looked at.
    ///
    /// @param named message with the model's name and version
    /// @param jsonLength header that tells bytes of JSON; `null`: all are
    static RestRequest infer(ModelInferRequest.Builder named, Buffer body, @Nullable String jsonLength) {
        int length = jsonLength == null ? body.length() : length(jsonLength, body.length());
        Fields request = Json.read(body.getBuffer(0, length));
        allow(request, "id", "inputs", "model_name", "model_version", "outputs", "parameters");
        Fields parameters = parameters(request);
        putAll(parameters, "binary_data_output", named::putParameters);
        int end = length;
        for (Fields input : objects(request, "inputs")) {
            end = addInput(named, input, body, end);
        }
        if (end != body.length()) {
            throw new IllegalArgumentException(
                    "body: expected to end after the binary data of inputs, got %d bytes more"
                            .formatted(body.length() - end));
        }
        Map<String, Boolean> binary = new HashMap<>();
        for (Fields output : objects(request, "outputs")) {
            allow(output, "name", "parameters");
            var wanted = InferRequestedOutputTensor.newBuilder().setName(text(output, "name"));
            Fields ofOutput = parameters(output);
            putAll(ofOutput, "binary_data", wanted::putParameters);
            if (ofOutput.find("binary_data").isPresent()) {
                binary.put(wanted.getName(), ofOutput.flag("binary_data"));
            }
            named.addOutputs(wanted);
        }
        return new RestRequest(
                named.setIdBytes(utf8("id", request.text("id", ""))).build(),
                binary,
                parameters.flag("binary_data_output"));
    }

    private static int length(String header, int most) {
        if (!header.matches("[0-9]{1,9}") || Integer.parseInt(header) > most) {
            throw new IllegalArgumentException("inference-header-content-length: expected 0 to %d, got %s"
                    .formatted(most, PolicyRequests.shown(header)));
        }
        return Integer.parseInt(header);
    }

    /// @param begin of what is left of the binary data
    /// @return what then is left of it
    private static int addInput(ModelInferRequest.Builder message, Fields input, Buffer body, int begin) {
        allow(input, "data", "datatype", "name", "parameters", "shape");
        var tensor = InferInputTensor.newBuilder()
                .setName(text(input, "name"))
                .setDatatype(text(input, "datatype"))
                .addAllShape(shape(input));
        Fields parameters = parameters(input);
        putAll(parameters, "binary_data_size", tensor::putParameters);
        OptionalLong size = parameters.whole("binary_data_size");
        if (size.isEmpty()) {
            message.addInputs(tensor.setContents(contents(input.path() + "data", elements(input, "data"), tensor)));
            return begin;
        }
        if (input.find("data").isPresent()) {
            throw new IllegalArgumentException(
                    input.path() + "data: expected none beside parameters.binary_data_size, got some");
        }
        PolicyRequests.within(
                parameters.path() + "binary_data_size", size.getAsLong(), 0, (long) body.length() - begin);
        int end = begin + (int) size.getAsLong();
        message.addInputs(tensor).addRawInputContents(ByteString.copyFrom(body.getBytes(begin, end)));
        return end;
    }

    private static List<Long> shape(Fields input) {
        List<Long> shape = new ArrayList<>();
        for (JsonNode dimension : elements(input, "shape")) {
            if (!dimension.isIntegralNumber() || !dimension.canConvertToLong()) {
                throw Fields.mistake(
                        "%sshape[%d]".formatted(input.path(), shape.size()), "a whole number of 64 bits", dimension);
            }
            shape.add(dimension.longValue());
        }
        return shape;
    }

    /// Of a datatype or of dimensions that no input has, none: it is refused for that.
    private static InferTensorContents contents(String field, JsonNode data, InferInputTensor.Builder tensor) {
        String type = tensor.getDatatype();
        var contents = InferTensorContents.newBuilder();
        if (!List.of("BYTES", "BOOL", "INT32", "INT64").contains(type) || tensor.getShapeCount() > MOST_DIMENSIONS) {
            return contents.build();
        }
        List<JsonNode> elements = new ArrayList<>();
        flatten(field, data, tensor.getShapeList(), elements);
        for (JsonNode element : elements) {
            if (type.equals("BYTES") && element.isTextual()) {
                contents.addBytesContents(utf8(field, element.textValue()));
            } else if (type.equals("BOOL") && element.isBoolean()) {
                contents.addBoolContents(element.booleanValue());
            } else if (type.equals("INT32") && element.isIntegralNumber() && element.canConvertToInt()) {
                contents.addIntContents(element.intValue());
            } else if (type.equals("INT64") && element.isIntegralNumber() && element.canConvertToLong()) {
                contents.addInt64Contents(element.longValue());
            } else {
                throw Fields.mistake(field, "elements of " + type, element);
            }
        }
        return contents.build();
    }

    /// Row by row. Data come as one list, or as a list of lists for each further dimension.
    ///
    /// @param shape from the dimension of this list on
    private static void flatten(String field, JsonNode data, List<Long> shape, List<JsonNode> elements) {
        for (int i = 0; i < data.size(); i++) {
            JsonNode element = data.get(i);
            if (!element.isArray()) {
                elements.add(element);
                continue;
            }
            if (shape.size() < 2 || element.size() != shape.get(1)) {
                throw new IllegalArgumentException("%s[%d]: expected %s as the shape says, got a list of %d"
                        .formatted(
                                field, i, shape.size() < 2 ? "no list" : "a list of " + shape.get(1), element.size()));
            }
            flatten("%s[%d]".formatted(field, i), element, shape.subList(1, shape.size()), elements);
        }
    }

    /// What Triton's `generate` is asked: one prompt, and parameters as in the tensor `sampling_parameters`. Among
    /// them may be the two that are tensors of their own for vLLM behind Triton.
    ///
    /// @param streamed whether the answer comes in pieces
    static ModelInferRequest generate(ModelInferRequest.Builder named, Buffer body, boolean streamed) {
        Fields request = Json.read(body);
        allow(request, "parameters", "text_input");
        Fields parameters = parameters(request);
        if (parameters.find("stream").isPresent() && parameters.flag("stream") != streamed) {
            throw new IllegalArgumentException("parameters.stream: expected %b, as %s, got %b"
                    .formatted(streamed, streamed ? "generate answers whole" : "generate_stream streams", !streamed));
        }
        named.addInputs(single("text_input", "BYTES")
                .setContents(InferTensorContents.newBuilder()
                        .addBytesContents(utf8("text_input", text(request, "text_input")))));
        if (parameters.find("exclude_input_in_output").isPresent()) {
            named.addInputs(single("exclude_input_in_output", "BOOL")
                    .setContents(InferTensorContents.newBuilder()
                            .addBoolContents(parameters.flag("exclude_input_in_output"))));
        }
        ObjectNode others = parameters.object().deepCopy();
        others.remove(List.of("stream", "exclude_input_in_output"));
        return named.addInputs(single("sampling_parameters", "BYTES")
                        .setContents(InferTensorContents.newBuilder()
                                .addBytesContents(utf8("parameters", others.toString()))))
                .build();
    }

    private static InferInputTensor.Builder single(String name, String datatype) {
        return InferInputTensor.newBuilder().setName(name).setDatatype(datatype).addShape(1);
    }

    /// Whether only models are wanted that are ready.
    static boolean index(Buffer body) {
        Fields request = Json.read(body);
        allow(request, "ready");
        return request.flag("ready");
    }

    /// A refusal of the message, in the words of whom `infer` was asked by.
    static String asInferHasIt(String refusal) {
        return refusal.replaceFirst("^(inputs\\[\\d+])\\.contents(\\.\\w+)?:", "$1.data:")
                .replaceFirst("^raw_input_contents of ", "binary data of ");
    }

    /// Likewise of `generate`.
    static IllegalArgumentException asGenerateHasIt(IllegalArgumentException refusal) {
        return new IllegalArgumentException(
                String.valueOf(refusal.getMessage())
                        .replaceFirst("^sampling_parameters(\\[0])?", "parameters")
                        .replaceFirst("^exclude_input_in_output:", "parameters.exclude_input_in_output:")
                        .replaceFirst("^text_input\\[0]", "text_input"),
                refusal);
    }

    /// A name that is not known is refused, lest a slip of the pen asks for something else.
    private static void allow(Fields fields, String... names) {
        List<String> known = List.of(names);
        for (Map.Entry<String, JsonNode> field : fields.object().properties()) {
            if (!known.contains(field.getKey())) {
                throw new IllegalArgumentException("%s: expected some of %s, got \"%s\""
                        .formatted(
                                fields.path().isEmpty() ? "body" : fields.path().replaceFirst("\\.$", ""),
                                known,
                                PolicyRequests.shown(field.getKey())));
            }
        }
    }

    private static List<Fields> objects(Fields of, String name) {
        List<Fields> objects = new ArrayList<>();
        if (of.find(name).isPresent()) {
            for (JsonNode element : elements(of, name)) {
                objects.add(Fields.of(element, "%s[%d]".formatted(name, objects.size())));
            }
        }
        return objects;
    }

    private static JsonNode elements(Fields of, String name) {
        JsonNode list = of.need(name, "a list");
        if (!list.isArray()) {
            throw Fields.mistake(of.path() + name, "a list", list);
        }
        return list;
    }

    /// None are as an empty object.
    private static Fields parameters(Fields of) {
        return Fields.of(
                of.find("parameters").orElseGet(JsonNodeFactory.instance::objectNode), of.path() + "parameters");
    }

    /// @param ours says how elements travel, and is no parameter of the message
    private static void putAll(Fields parameters, String ours, BiConsumer<String, InferParameter> put) {
        for (Map.Entry<String, JsonNode> parameter : parameters.object().properties()) {
            String name = parameter.getKey();
            if (!name.equals(ours) && !parameter.getValue().isNull()) {
                String field = parameters.path() + PolicyRequests.shown(name);
                if (parameter.getValue().isTextual()) {
                    utf8(field, parameter.getValue().textValue());
                }
                put.accept(name, SamplingParameters.single(field, parameter.getValue()));
            }
        }
    }

    private static String text(Fields of, String name) {
        return Fields.text(of.path() + name, of.need(name, "text"));
    }

    /// Strictly: JSON can hold halves of characters, which are no text.
    private static ByteString utf8(String field, String text) {
        try {
            return ByteString.copyFrom(StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text)));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "%s: expected text, got a surrogate without its other half".formatted(field), e);
        }
    }
}
