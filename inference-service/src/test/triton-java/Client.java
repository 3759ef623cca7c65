import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import triton.client.InferInput;
import triton.client.InferRequestedOutput;
import triton.client.InferResult;
import triton.client.InferenceException;
import triton.client.InferenceServerClient;
import triton.client.InferenceServerClient.InferArguments;
import triton.client.pojo.DataType;

/// All that Triton's client for Java can ask, of a service at HOST:PORT: prompts as texts and as ids, each in
/// JSON and in binary, and answers likewise.
static final String[] PROMPTS = {"rain", "the mill ☂"};

static final String PARAMETERS = "{\"max_tokens\":8,\"temperature\":0.7,\"seed\":5,\"ignore_eos\":true}";

static final Logger CLIENT = Logger.getLogger("triton.client");

void main(String[] args) throws Exception {
    CLIENT.setLevel(Level.OFF); // it logs what it is refused, besides throwing it
    String model = served(args[0]);
    try (var client = new InferenceServerClient(args[0], 5_000, 30_000)) {
        client.setRetryCnt(1);
        InferResult listed = client.infer(model, texts(false), outputs(false));
        Object[] said = data(listed, "text");
        check("two answers", said.length, 2);
        check("tokens", listed.getOutputAsInt("tokens"), new int[] {8, 8});

        InferResult binary = client.infer(model, texts(true), outputs(true));
        check("ids in binary", binary.getOutputAsInt("token_ids"), listed.getOutputAsInt("token_ids"));
        check("versions", binary.getOutputAsLong("model_version"), listed.getOutputAsLong("model_version"));
        checkClose("log-probabilities", binary.getOutputAsFloat("log_probs"), listed.getOutputAsFloat("log_probs"));

        List<InferInput> mixed = List.of(texts(true).getFirst(), texts(false).getLast());
        List<InferRequestedOutput> both =
                List.of(new InferRequestedOutput("text", false), new InferRequestedOutput("tokens", true));
        InferResult answered = client.infer(model, mixed, both);
        check("texts beside binary tokens", data(answered, "text"), said);
        check("binary tokens beside texts", answered.getOutputAsInt("tokens"), new int[] {8, 8});

        InferResult usual = client.infer(new InferArguments(model, texts(true))
                .setModelVersion(Long.toString(listed.getOutputAsLong("model_version")[0]))
                .setRequestId("a"));
        check("id", usual.getResponse().getId(), "a");
        check("outputs of those who ask for none", usual.getOutputs(), List.of("text", "tokens"));
        check("tokens, likewise", usual.getOutputAsInt("tokens"), new int[] {8, 8});

        int[] ids = listed.getOutputAsInt("token_ids");
        InferResult first = continued(client, model, ids, DataType.INT32, false);
        check("INT32 in binary", data(continued(client, model, ids, DataType.INT32, true), "text"), data(first, "text"));
        check("INT64", data(continued(client, model, ids, DataType.INT64, false), "text"), data(first, "text"));
        check("INT64 in binary", data(continued(client, model, ids, DataType.INT64, true), "text"), data(first, "text"));

        checkRefused(client, "nobody", texts(true), "model: expected one of [");
        InferInput words = new InferInput("words", new long[] {1}, DataType.BYTES);
        words.setData(new String[] {"x"}, true);
        checkRefused(client, model, List.of(words), "inputs[0].name: expected one of [");
    }
    IO.println("all is as it should be");
}

/// The client itself cannot ask for it.
static String served(String address) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
        var index = HttpRequest.newBuilder(URI.create("http://" + address + "/v2/repository/index"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        JsonNode models = new ObjectMapper()
                .readTree(http.send(index, HttpResponse.BodyHandlers.ofString()).body());
        return models.path(0).path("name").asText();
    }
}

static List<InferInput> texts(boolean binary) {
    InferInput text = new InferInput("text", new long[] {PROMPTS.length}, DataType.BYTES);
    text.setData(PROMPTS, binary);
    return List.of(text, parameters(binary));
}

static InferInput parameters(boolean binary) {
    InferInput parameters = new InferInput("sampling_parameters", new long[] {1}, DataType.BYTES);
    parameters.setData(new String[] {PARAMETERS}, binary);
    return parameters;
}

/// The client reads no texts out of binary data.
static List<InferRequestedOutput> outputs(boolean binary) {
    return List.of(
            new InferRequestedOutput("text", false),
            new InferRequestedOutput("tokens", binary),
            new InferRequestedOutput("token_ids", binary),
            new InferRequestedOutput("log_probs", binary),
            new InferRequestedOutput("model_version", binary));
}

static InferResult continued(InferenceServerClient client, String model, int[] ids, DataType type, boolean binary)
        throws InferenceException {
    InferInput tensor = new InferInput("token_ids", new long[] {2, ids.length / 2}, type);
    if (type == DataType.INT32) {
        tensor.setData(ids, binary);
    } else {
        tensor.setData(Arrays.stream(ids).asLongStream().toArray(), binary);
    }
    InferInput excluded = new InferInput("exclude_input_in_output", new long[] {1}, DataType.BOOL);
    excluded.setData(new boolean[] {true}, binary);
    return client.infer(model, List.of(tensor, excluded, parameters(binary)), List.of(new InferRequestedOutput("text", false)));
}

static Object[] data(InferResult result, String output) {
    return result.getResponse().getOutputByName(output).getData();
}

static void checkRefused(InferenceServerClient client, String model, List<InferInput> inputs, String message) {
    List<String> told = new ArrayList<>();
    try {
        client.infer(model, inputs, List.of(new InferRequestedOutput("text", false)));
    } catch (InferenceException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            told.add(String.valueOf(cause.getMessage()));
        }
    }
    check(message + " …: " + told, told.stream().anyMatch(words -> words.contains(message)), true);
}

static void checkClose(String what, float[] got, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
        check(what, Math.abs(got[i] - expected[i]) < 1e-3, true);
    }
    check(what, got.length, expected.length);
}

static void check(String what, Object got, Object expected) {
    if (!Objects.deepEquals(got, expected)) {
        throw new AssertionError("%s: expected %s, got %s"
                .formatted(what, Arrays.deepToString(new Object[] {expected}), Arrays.deepToString(new Object[] {got})));
    }
}
