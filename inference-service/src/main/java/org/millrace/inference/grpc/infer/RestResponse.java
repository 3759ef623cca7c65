package org.millrace.inference.grpc.infer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.function.Predicate;
import org.millrace.inference.http.Json;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelInferResponse.InferOutputTensor;
import org.millrace.proto.inference.ModelMetadataResponse;
import org.millrace.proto.inference.ModelMetadataResponse.TensorMetadata;
import org.millrace.proto.inference.RepositoryIndexResponse;
import org.millrace.proto.inference.ServerMetadataResponse;

/// The protocol's responses as JSON; elements of tensors may follow it in binary.
final class RestResponse {

    private RestResponse() {}

    static ObjectNode of(ServerMetadataResponse server) {
        ObjectNode json = object().put("name", server.getName()).put("version", server.getVersion());
        server.getExtensionsList().forEach(json.putArray("extensions")::add);
        return json;
    }

    static ObjectNode of(ModelMetadataResponse model) {
        ObjectNode json = object().put("name", model.getName());
        model.getVersionsList().forEach(json.putArray("versions")::add);
        json.put("platform", model.getPlatform());
        tell(model.getInputsList(), json.putArray("inputs"));
        tell(model.getOutputsList(), json.putArray("outputs"));
        return json;
    }

    private static void tell(List<TensorMetadata> tensors, ArrayNode list) {
        for (TensorMetadata tensor : tensors) {
            ObjectNode json = list.addObject().put("name", tensor.getName()).put("datatype", tensor.getDatatype());
            tensor.getShapeList().forEach(json.putArray("shape")::add);
        }
    }

    static ArrayNode of(RepositoryIndexResponse index) {
        ArrayNode json = JsonNodeFactory.instance.arrayNode();
        index.getModelsList().forEach(model -> json.addObject()
                .put("name", model.getName())
                .put("version", model.getVersion())
                .put("state", model.getState())
                .put("reason", model.getReason()));
        return json;
    }

    /// As Triton's `generate` answers.
    static ObjectNode text(ModelInferResponse response) {
        return object().put("model_name", response.getModelName())
                .put("model_version", response.getModelVersion())
                .put(
                        "text_output",
                        response.getOutputs(0).getContents().getBytesContents(0).toStringUtf8());
    }

    /// @param binary of the names of outputs: which are to follow the JSON
    static void send(HttpServerResponse out, ModelInferResponse response, Predicate<String> binary) {
        ObjectNode json =
                object().put("model_name", response.getModelName()).put("model_version", response.getModelVersion());
        if (!response.getId().isEmpty()) {
            json.put("id", response.getId());
        }
        ByteString behind = ByteString.EMPTY;
        ArrayNode outputs = json.putArray("outputs");
        for (InferOutputTensor output : response.getOutputsList()) {
            ObjectNode tensor =
                    outputs.addObject().put("name", output.getName()).put("datatype", output.getDatatype());
            output.getShapeList().forEach(tensor.putArray("shape")::add);
            if (binary.test(output.getName())) {
                ByteString elements = InferOutput.raw(output.getContents());
                tensor.putObject("parameters").put("binary_data_size", elements.size());
                behind = behind.concat(elements);
            } else {
                list(output.getContents(), tensor.putArray("data"));
            }
        }
        if (response.getOutputsList().stream().map(InferOutputTensor::getName).noneMatch(binary)) {
            Json.send(out, 200, json);
            return;
        }
        Buffer head = Buffer.buffer(json.toString());
        var unused = out.putHeader("content-type", "application/octet-stream")
                .putHeader("inference-header-content-length", Integer.toString(head.length()))
                .end(head.appendBytes(behind.toByteArray()));
    }

    private static void list(InferTensorContents contents, ArrayNode elements) {
        contents.getBytesContentsList().forEach(text -> elements.add(text.toStringUtf8()));
        contents.getIntContentsList().forEach(elements::add);
        contents.getInt64ContentsList().forEach(elements::add);
        contents.getFp32ContentsList().forEach(elements::add);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
