package org.millrace.inference.grpc.infer;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.Prompts;
import org.millrace.inference.Served;
import org.millrace.inference.grpc.infer.InferTensor.Kind;
import org.millrace.proto.inference.ModelInferRequest;

/// What a ModelInfer brings: n prompts as `text`, `text_input` (which Triton's backend for vLLM calls it) or
/// `token_ids`, and perhaps `sampling_parameters`, `stream` and `exclude_input_in_output`.
///
/// @param prompts the tensor with the prompts
/// @param parameters JSON object
/// @param streamed whether the answer is wanted as it is drawn
record InferInputs(Kind kind, InferTensor prompts, Optional<String> parameters, boolean streamed) {

    private static final List<Kind> PROMPTS = List.of(Kind.TEXT, Kind.TEXT_INPUT, Kind.TOKEN_IDS);

    static InferInputs of(ModelInferRequest request) {
        Map<Kind, InferTensor> tensors = tensors(request);
        List<Kind> prompts = PROMPTS.stream().filter(tensors::containsKey).toList();
        if (prompts.size() != 1) {
            throw new IllegalArgumentException("inputs: expected one of %s, got %s"
                    .formatted(
                            PROMPTS.stream().map(Kind::tensor).toList(),
                            prompts.isEmpty()
                                    ? "none"
                                    : prompts.stream().map(Kind::tensor).toList()));
        }
        InferTensor tensor = get(tensors, prompts.getFirst()).orElseThrow();
        if (get(tensors, Kind.EXCLUDE_INPUT_IN_OUTPUT)
                .filter(excluded -> excluded.numbers().getFirst() == 0)
                .isPresent()) {
            throw new IllegalArgumentException(
                    "exclude_input_in_output: expected true, as no answer repeats its prompt, got false");
        }
        boolean streamed = get(tensors, Kind.STREAM)
                .map(stream -> stream.numbers().getFirst() != 0)
                .orElse(false);
        if (streamed && tensor.shape().getFirst() != 1) {
            throw new IllegalArgumentException("%s.shape[0]: expected 1 with stream, got %d"
                    .formatted(tensor.field(), tensor.shape().getFirst()));
        }
        return new InferInputs(
                prompts.getFirst(),
                tensor,
                get(tensors, Kind.SAMPLING_PARAMETERS).map(text -> text.texts().getFirst()),
                streamed);
    }

    private static Optional<InferTensor> get(Map<Kind, InferTensor> tensors, Kind kind) {
        @Nullable InferTensor tensor = tensors.get(kind);
        return Optional.ofNullable(tensor);
    }

    private static Map<Kind, InferTensor> tensors(ModelInferRequest request) {
        Deque<ByteString> raw = new ArrayDeque<>(request.getRawInputContentsList());
        long unlisted = request.getInputsList().stream()
                .filter(input -> !input.hasContents())
                .count();
        if (!raw.isEmpty() && raw.size() != unlisted) {
            throw new IllegalArgumentException(
                    "raw_input_contents: expected %d as there are inputs without contents, got %d"
                            .formatted(unlisted, raw.size()));
        }
        Map<Kind, InferTensor> tensors = new EnumMap<>(Kind.class);
        for (int i = 0; i < request.getInputsCount(); i++) {
            var input = request.getInputs(i);
            Kind kind = Kind.named("inputs[%d].name".formatted(i), input.getName());
            if (tensors.containsKey(kind)) {
                throw new IllegalArgumentException(
                        "inputs[%d].name: expected each once, got \"%s\" again".formatted(i, input.getName()));
            }
            tensors.put(
                    kind,
                    input.hasContents() || raw.isEmpty()
                            ? InferTensor.listed(i, kind, input)
                            : InferTensor.raw(i, kind, input, raw.remove()));
        }
        return tensors;
    }

    /// The ids that the model is to see, of each prompt.
    List<int[]> ids(Served served) {
        List<int[]> prompts = new ArrayList<>();
        int count = (int) (long) prompts().shape().getFirst();
        for (int i = 0; i < count; i++) {
            String field = "%s[%d]".formatted(kind.tensor(), i);
            int[] ids = kind == Kind.TOKEN_IDS
                    ? Prompts.ids(field, row(i, count), served)
                    : Prompts.text(field, prompts().texts().get(i), served);
            Prompts.checkFits(field, ids, served.config().context());
            prompts.add(ids);
        }
        return prompts;
    }

    /// What no int holds is no id: it becomes −1, which is none either.
    private List<Integer> row(int row, int rows) {
        int width = prompts().numbers().size() / rows;
        return prompts().numbers().subList(row * width, (row + 1) * width).stream()
                .map(id -> id == (int) (long) id ? (int) (long) id : -1)
                .toList();
    }

    /// Wanted where nothing is said: what goes by the name of the input.
    List<InferOutput> usualOutputs() {
        return kind == Kind.TEXT_INPUT
                ? List.of(InferOutput.TEXT_OUTPUT)
                : List.of(InferOutput.TEXT, InferOutput.TOKENS);
    }
}
