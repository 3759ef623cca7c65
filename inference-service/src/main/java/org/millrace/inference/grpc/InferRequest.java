package org.millrace.inference.grpc;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.Generation;
import org.millrace.inference.Prompts;
import org.millrace.inference.Served;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.http.RequestMetrics.Watch;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferRequestedOutputTensor;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelInferResponse.InferOutputTensor;

/// A ModelInfer that was found to be in order: what it asks of an engine, and what becomes of the
/// answers.
///
/// @param generations one for each prompt
/// @param answers to them, in the same order
/// @param outputs wanted tensors, in their order
/// @param raw whether it came, and is answered, in the raw encoding
record InferRequest(
        Served served,
        String id,
        List<Watch> watches,
        List<WholeAnswer> answers,
        List<InferOutput> outputs,
        boolean raw) {

    /// @throws IllegalArgumentException naming field, expectation and value
    static InferRequest of(ModelInferRequest request, Served served, RequestMetrics metrics) {
        int context = served.config().context();
        InferParameters parameters = InferParameters.of(request.getParametersMap(), served);
        List<InferOutput> outputs = outputs(request);
        List<String> prompts = InferPrompts.of(request);
        List<Watch> watches = new ArrayList<>();
        List<WholeAnswer> answers = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            String field = "text[%d]".formatted(i);
            int[] ids = Prompts.text(field, prompts.get(i), served);
            Prompts.checkFits(field, ids, context);
            var answer = new WholeAnswer();
            answers.add(answer);
            Watch watch = metrics.watch(served, 1, answer);
            watch.follow(new Generation(
                    ids,
                    parameters.sampling(),
                    1,
                    parameters.ending(),
                    Generation.Extras.NONE,
                    Generation.Priority.USER,
                    watch));
            watches.add(watch);
        }
        return new InferRequest(
                served, request.getId(), watches, answers, outputs, request.getRawInputContentsCount() > 0);
    }

    private static List<InferOutput> outputs(ModelInferRequest request) {
        List<InferOutput> outputs = new ArrayList<>();
        for (InferRequestedOutputTensor wanted : request.getOutputsList()) {
            String field = "outputs[%d]".formatted(outputs.size());
            InferOutput output = InferOutput.named(field + ".name", wanted.getName());
            if (outputs.contains(output)) {
                throw new IllegalArgumentException(
                        "%s.name: expected each once, got \"%s\" again".formatted(field, wanted.getName()));
            }
            if (wanted.getParametersCount() > 0) {
                throw new IllegalArgumentException("%s.parameters: expected none, got %s"
                        .formatted(field, wanted.getParametersMap().keySet()));
            }
            outputs.add(output);
        }
        return outputs.isEmpty() ? List.of(InferOutput.values()) : outputs;
    }

    /// Once all answers have ended.
    ModelInferResponse response() {
        var response = ModelInferResponse.newBuilder()
                .setModelName(served.name())
                .setModelVersion(Long.toString(served.version()))
                .setId(id);
        for (InferOutput output : outputs) {
            var tensor = InferOutputTensor.newBuilder()
                    .setName(output.tensor())
                    .setDatatype(output.datatype())
                    .addShape(answers.size());
            if (raw) {
                response.addRawOutputContents(output.raw(answers));
            } else {
                tensor.setContents(output.contents(answers));
            }
            response.addOutputs(tensor);
        }
        return response.build();
    }

    List<Generation> generations() {
        return watches.stream().map(Watch::generation).toList();
    }

    /// Of no effect on answers that have ended.
    void cancel() {
        watches.forEach(Watch::leave);
    }
}
