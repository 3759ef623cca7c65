package org.millrace.cli.eval;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.proto.policy.v1.Continuation;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GetModelRequest;
import org.millrace.proto.policy.v1.GetModelResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.ScoreRequest;
import org.millrace.proto.policy.v1.ScoreResponse;
import org.millrace.proto.policy.v1.TokenLogProbs;

/// A model that can be reckoned with by hand, served as the true ones are: behind each id the next one has a half,
/// all others share the rest. So it continues "b" with "cdef…".
public final class ChainModel extends PolicyServiceGrpc.PolicyServiceImplBase {

    static final int CONTEXT = 32;

    private final Tokenizer tokenizer;
    private final double next;
    final AtomicInteger scores = new AtomicInteger();

    /// Calls that are refused first, because the server is busy.
    final AtomicInteger busy = new AtomicInteger();

    /// Of the version that is served: it can change meanwhile.
    volatile long version = 3;

    /// @param next probability of the next id
    public ChainModel(Tokenizer tokenizer, double next) {
        this.tokenizer = tokenizer;
        this.next = next;
    }

    /// Every byte is a token, and so are "ab" and " a"; then come our special tokens.
    static Tokenizer tokenizer(Path folder) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int id = 0; id < 258; id++) {
            byte[] token = id == 256
                    ? "ab".getBytes(StandardCharsets.UTF_8)
                    : id == 257 ? " a".getBytes(StandardCharsets.UTF_8) : new byte[] {(byte) id};
            lines.add(Base64.getEncoder().encodeToString(token) + " " + id);
        }
        Path file = Files.write(folder.resolve("chain.tiktoken"), lines);
        Map<String, Integer> special = new HashMap<>();
        for (SpecialToken token : SpecialToken.values()) {
            special.put(token.text(), lines.size() + token.ordinal());
        }
        return Tokenizer.readTiktoken(file, SplitPattern.NANOCHAT, special);
    }

    /// Log-likelihood of ids behind one, in nats.
    double nats(int before, int... ids) {
        double sum = 0;
        for (int id : ids) {
            sum += Math.log(id == before + 1 ? next : (1 - next) / (tokenizer.vocabularySize() - 1));
            before = id;
        }
        return sum;
    }

    @Override
    public void getModel(GetModelRequest request, StreamObserver<GetModelResponse> out) {
        out.onNext(GetModelResponse.newBuilder()
                .setModel(request.getModel())
                .setVersion(version)
                .setStage("test")
                .setContext(CONTEXT)
                .setVocabularySize(tokenizer.vocabularySize())
                .setTokenizer("chain")
                .build());
        out.onCompleted();
    }

    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> out) {
        scores.incrementAndGet();
        if (busy.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            out.onError(Status.RESOURCE_EXHAUSTED.withDescription("queue: full").asRuntimeException());
            return;
        }
        var response = ScoreResponse.newBuilder().setModelVersion(version);
        for (Continuation continuation : request.getContinuationsList()) {
            if (request.getPromptTokensCount() + continuation.getTokensCount() > CONTEXT) {
                out.onError(Status.INVALID_ARGUMENT.withDescription("too long").asRuntimeException());
                return;
            }
            var logProbs = TokenLogProbs.newBuilder();
            int before = request.getPromptTokens(request.getPromptTokensCount() - 1);
            for (int id : continuation.getTokensList()) {
                logProbs.addLogProbs((float) nats(before, id));
                before = id;
            }
            response.addContinuations(logProbs);
        }
        out.onNext(response.build());
        out.onCompleted();
    }

    @Override
    public void generate(GenerateRequest request, StreamObserver<GenerateResponse> out) {
        List<Integer> prompt = new ArrayList<>(request.getTokens().getIdsList());
        if (request.hasText()) {
            prompt.add(tokenizer.id(SpecialToken.BOS));
            Arrays.stream(tokenizer.encode(request.getText())).forEach(prompt::add);
        }
        if (prompt.size() >= CONTEXT) {
            out.onError(Status.INVALID_ARGUMENT.withDescription("too long").asRuntimeException());
            return;
        }
        var response = GenerateResponse.newBuilder()
                .addAllPromptTokens(prompt)
                .setModelVersion(version)
                .setFinish(GenerateResponse.Finish.FINISH_LENGTH);
        int last = prompt.getLast();
        StringBuilder text = new StringBuilder();
        while (response.getTokensCount() < request.getSampling().getMaxTokens()) {
            last++;
            response.addTokens(last);
            text.append(tokenizer.decode(last));
            for (String stop : request.getStopList()) {
                if (text.indexOf(stop) >= 0) {
                    text.setLength(text.indexOf(stop));
                    out.onNext(response.setText(text.toString())
                            .setFinish(GenerateResponse.Finish.FINISH_STOP)
                            .build());
                    out.onCompleted();
                    return;
                }
            }
        }
        out.onNext(response.setText(text.toString()).build());
        out.onCompleted();
    }
}
