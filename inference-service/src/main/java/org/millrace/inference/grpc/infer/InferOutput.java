package org.millrace.inference.grpc.infer;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.millrace.inference.Drawn;
import org.millrace.inference.Served;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.proto.inference.InferTensorContents;

/// What is given for each prompt, in both encodings of the protocol. Rows of `token_ids` and `log_probs` are
/// as long as the longest answer of the request; shorter ones are filled up.
enum InferOutput {
    /// The answers, UTF-8.
    TEXT("BYTES"),
    /// How many ids were drawn for each.
    TOKENS("INT32"),
    /// As `text`, by the name that Triton's backend for vLLM has for it.
    TEXT_OUTPUT("BYTES"),
    /// The ids that were drawn, then −1.
    TOKEN_IDS("INT32", true),
    /// Of each of them, in nats, then 0.
    LOG_PROBS("FP32", true),
    /// The sum of those, in nats.
    CUMULATIVE_LOGPROB("FP32"),
    /// `stop` or `length`; empty in a piece that more follows.
    FINISH_REASON("BYTES"),
    /// Of the weights that drew them.
    MODEL_VERSION("INT64");

    private final String datatype;
    private final boolean rows;

    InferOutput(String datatype) {
        this(datatype, false);
    }

    InferOutput(String datatype, boolean rows) {
        this.datatype = datatype;
        this.rows = rows;
    }

    static InferOutput named(String field, String name) {
        return Arrays.stream(values())
                .filter(output -> output.tensor().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("%s: expected one of %s, got \"%s\""
                        .formatted(
                                field,
                                Arrays.stream(values()).map(InferOutput::tensor).toList(),
                                PolicyRequests.shown(name))));
    }

    String tensor() {
        return name().toLowerCase(Locale.ROOT);
    }

    String datatype() {
        return datatype;
    }

    /// Elements in each dimension of so many answers.
    List<Long> shape(long answers, long longest) {
        return rows ? List.of(answers, longest) : List.of(answers);
    }

    InferTensorContents contents(List<List<Drawn>> answers, Served served) {
        var contents = InferTensorContents.newBuilder();
        int longest = longest(answers);
        for (List<Drawn> answer : answers) {
            switch (this) {
                case TEXT, TEXT_OUTPUT, FINISH_REASON -> contents.addBytesContents(text(answer));
                case TOKENS -> contents.addIntContents(answer.size());
                case TOKEN_IDS -> ids(answer, longest).forEach(contents::addIntContents);
                case LOG_PROBS -> logProbs(answer, longest).forEach(contents::addFp32Contents);
                case CUMULATIVE_LOGPROB -> contents.addFp32Contents(sum(answer));
                case MODEL_VERSION -> contents.addInt64Contents(served.version());
            }
        }
        return contents.build();
    }

    /// The same elements in the raw encoding.
    static ByteString raw(InferTensorContents contents) {
        ByteString raw = ByteString.EMPTY;
        for (ByteString text : contents.getBytesContentsList()) {
            raw = raw.concat(length(text)).concat(text);
        }
        ByteBuffer numbers = ByteBuffer.allocate(Integer.BYTES * contents.getIntContentsCount()
                        + Float.BYTES * contents.getFp32ContentsCount()
                        + Long.BYTES * contents.getInt64ContentsCount())
                .order(ByteOrder.LITTLE_ENDIAN);
        contents.getIntContentsList().forEach(numbers::putInt);
        contents.getFp32ContentsList().forEach(numbers::putFloat);
        contents.getInt64ContentsList().forEach(numbers::putLong);
        return raw.concat(ByteString.copyFrom(numbers.flip()));
    }

    private static ByteString length(ByteString text) {
        return ByteString.copyFrom(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(text.size())
                .flip());
    }

    static int longest(List<List<Drawn>> answers) {
        return answers.stream().mapToInt(List::size).max().orElse(0);
    }

    private ByteString text(List<Drawn> answer) {
        return ByteString.copyFromUtf8(
                this == FINISH_REASON
                        ? finish(answer)
                        : answer.stream().map(Drawn::text).collect(Collectors.joining()));
    }

    private static String finish(List<Drawn> answer) {
        Drawn.Finish finish = answer.getLast().finish();
        return finish == null ? "" : finish.name().toLowerCase(Locale.ROOT);
    }

    private static List<Integer> ids(List<Drawn> answer, int longest) {
        Integer[] ids = new Integer[longest];
        Arrays.setAll(ids, i -> i < answer.size() ? answer.get(i).token() : -1);
        return List.of(ids);
    }

    private static List<Float> logProbs(List<Drawn> answer, int longest) {
        Float[] logProbs = new Float[longest];
        Arrays.setAll(logProbs, i -> i < answer.size() ? (float) answer.get(i).logProb() : 0f);
        return List.of(logProbs);
    }

    private static float sum(List<Drawn> answer) {
        return (float) answer.stream().mapToDouble(Drawn::logProb).sum();
    }
}
