package org.millrace.inference.grpc.infer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Served;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.http.RequestMetrics.Watch;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferRequestedOutputTensor;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelInferResponse.InferOutputTensor;

/// A ModelInfer that was found to be in order: what it asks of an engine, and what becomes of the
/// answers.
///
/// @param watches of the generations, one for each prompt
/// @param answers to them, in the same order
/// @param outputs wanted tensors, in their order
/// @param raw whether something of it came in the raw encoding, in which the answer then is
record InferRequest<A extends Generation.Listener>(
        Served served, String id, List<Watch> watches, List<A> answers, List<InferOutput> outputs, boolean raw) {

    /// @param answer makes the one that hears of the tokens of that prompt
    /// @throws IllegalArgumentException naming field, expectation and value
    static <A extends Generation.Listener> InferRequest<A> of(
            ModelInferRequest request,
            InferInputs inputs,
            Served served,
            RequestMetrics metrics,
            IntFunction<A> answer) {
        SamplingParameters tensor =
                inputs.parameters().map(SamplingParameters::read).orElseGet(SamplingParameters::none);
        return PolicyRequests.asField(
                tensor::asWritten,
                () -> of(request, inputs, parameters(request, tensor, served), served, metrics, answer));
    }

    private static <A extends Generation.Listener> InferRequest<A> of(
            ModelInferRequest request,
            InferInputs inputs,
            InferParameters parameters,
            Served served,
            RequestMetrics metrics,
            IntFunction<A> answer) {
        List<InferOutput> outputs = outputs(request, inputs);
        List<Watch> watches = new ArrayList<>();
        List<A> answers = new ArrayList<>();
        for (int[] ids : inputs.ids(served)) {
            A listener = answer.apply(answers.size());
            answers.add(listener);
            Watch watch = metrics.watch(served, 1, listener);
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
        return new InferRequest<>(
                served, request.getId(), watches, answers, outputs, request.getRawInputContentsCount() > 0);
    }

    private static InferParameters parameters(ModelInferRequest request, SamplingParameters tensor, Served served) {
        Map<String, InferParameter> all = new HashMap<>(request.getParametersMap());
        all.keySet().removeIf(name -> name.startsWith("triton_")); // reserved: Triton's clients tell its server
        InferParameters.checkNames("parameters", all.keySet());
        InferParameters.checkNames("sampling_parameters", tensor.names());
        for (String name : tensor.names()) {
            if (all.containsKey(name)) {
                throw new IllegalArgumentException(
                        "sampling_parameters.%s: expected none beside parameters.%s, got one".formatted(name, name));
            }
        }
        all.putAll(tensor.values());
        return InferParameters.of(all, tensor.stops(), served);
    }

    private static List<InferOutput> outputs(ModelInferRequest request, InferInputs inputs) {
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
                        .formatted(
                                field,
                                PolicyRequests.shown(wanted.getParametersMap().keySet())));
            }
            outputs.add(output);
        }
        return outputs.isEmpty() ? inputs.usualOutputs() : outputs;
    }

    /// In the encoding in which the request came.
    ///
    /// @param drawn tokens of each answer, or of the piece of it that is sent
    ModelInferResponse response(List<List<Drawn>> drawn) {
        ModelInferResponse listed = listed(drawn);
        if (!raw) {
            return listed;
        }
        var response = listed.toBuilder();
        for (InferOutputTensor.Builder tensor : response.getOutputsBuilderList()) {
            response.addRawOutputContents(InferOutput.raw(tensor.getContents()));
            tensor.clearContents();
        }
        return response.build();
    }

    /// As [#response], with all elements listed.
    ModelInferResponse listed(List<List<Drawn>> drawn) {
        var response = ModelInferResponse.newBuilder()
                .setModelName(served.name())
                .setModelVersion(Long.toString(served.version()))
                .setId(id);
        for (InferOutput output : outputs) {
            response.addOutputs(InferOutputTensor.newBuilder()
                    .setName(output.tensor())
                    .setDatatype(output.datatype())
                    .addAllShape(output.shape(drawn.size(), InferOutput.longest(drawn)))
                    .setContents(output.contents(drawn, served)));
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
