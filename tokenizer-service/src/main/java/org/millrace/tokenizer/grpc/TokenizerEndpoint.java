package org.millrace.tokenizer.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.millrace.bpe.SplitPattern;
import org.millrace.proto.tokenizer.v1.DecodeRequest;
import org.millrace.proto.tokenizer.v1.DecodeResponse;
import org.millrace.proto.tokenizer.v1.EncodeRequest;
import org.millrace.proto.tokenizer.v1.EncodeResponse;
import org.millrace.proto.tokenizer.v1.GetStatusRequest;
import org.millrace.proto.tokenizer.v1.GetStatusResponse;
import org.millrace.proto.tokenizer.v1.TokenizerService;
import org.millrace.proto.tokenizer.v1.TrainRequest;
import org.millrace.proto.tokenizer.v1.TrainResponse;
import org.millrace.tokenizer.Backlog;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Tally;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.Training;

/// The wire face of [Training] and [Tokenizers]: checks requests, maps failures to gRPC status.
@GrpcService
class TokenizerEndpoint implements TokenizerService {

    private final Tokenizers tokenizers;
    private final Training training;
    private final Tally tally;
    private final Backlog backlog;

    TokenizerEndpoint(Tokenizers tokenizers, Training training, Tally tally, Backlog backlog) {
        this.tokenizers = tokenizers;
        this.training = training;
        this.tally = tally;
        this.backlog = backlog;
    }

    @Override
    public Multi<TrainResponse> train(TrainRequest request) {
        Training.Order order;
        try {
            long maxBytes = request.getMaxBytes() == 0 ? Training.Order.DEFAULT_MAX_BYTES : request.getMaxBytes();
            order = new Training.Order(
                    request.getName(), request.getVocabularySize(), maxBytes, pattern(request.getPattern()));
        } catch (IllegalArgumentException e) {
            return Multi.createFrom().failure(invalid(String.valueOf(e.getMessage())));
        }
        return Multi.createFrom().emitter(emitter -> TrainingStream.start(training, order, emitter));
    }

    private static SplitPattern pattern(String name) {
        if (name.isEmpty()) {
            return SplitPattern.NANOCHAT;
        }
        return Arrays.stream(SplitPattern.values())
                .filter(pattern -> pattern.name().toLowerCase(Locale.ROOT).equals(name))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException(
                        "pattern: expected nanochat, gpt2, gpt4, llama3 or qwen2, got \"%.80s\"".formatted(name)));
    }

    @Override
    public Uni<EncodeResponse> encode(EncodeRequest request) {
        return onVirtualThread(() -> encoded(request));
    }

    private Uni<EncodeResponse> encoded(EncodeRequest request) {
        PublishedTokenizer published = find(request.getTokenizer());
        int[] ids = published.tokenizer().encode(request.getText());
        return Uni.createFrom()
                .item(EncodeResponse.newBuilder()
                        .addAllIds(Arrays.stream(ids).boxed().toList())
                        .setTokenizerVersion(published.version())
                        .build());
    }

    @Override
    public Uni<DecodeResponse> decode(DecodeRequest request) {
        return onVirtualThread(() -> decoded(request));
    }

    private Uni<DecodeResponse> decoded(DecodeRequest request) {
        PublishedTokenizer published = find(request.getTokenizer());
        int[] ids = request.getIdsList().stream().mapToInt(id -> id).toArray();
        try {
            return Uni.createFrom()
                    .item(DecodeResponse.newBuilder()
                            .setText(published.tokenizer().decode(ids))
                            .setTokenizerVersion(published.version())
                            .build());
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Uni<GetStatusResponse> getStatus(GetStatusRequest request) {
        return onVirtualThread(this::status);
    }

    private Uni<GetStatusResponse> status() {
        try {
            long lag = backlog.lag(); // first: what is counted after it covers it
            Tally.Counts counts = tally.counts();
            GetStatusResponse.Builder status = GetStatusResponse.newBuilder()
                    .setDocuments(counts.documents())
                    .setConversations(counts.conversations())
                    .setTokens(counts.tokens())
                    .setLag(lag);
            tokenizers.all().forEach(known -> status.addTokenizers(known.name() + ":" + known.version()));
            return Uni.createFrom().item(status.build());
        } catch (IOException e) {
            throw Status.UNAVAILABLE
                    .withDescription(e.getMessage())
                    .withCause(e)
                    .asRuntimeException();
        }
    }

    private PublishedTokenizer find(String name) {
        if (!name.isEmpty()) {
            return tokenizers.find(name).orElseThrow(() -> Status.NOT_FOUND
                    .withDescription("tokenizer: \"%.80s\" is not published".formatted(name))
                    .asRuntimeException());
        }
        List<PublishedTokenizer> all = tokenizers.all();
        Optional<PublishedTokenizer> only = all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
        return only.orElseThrow(() -> all.isEmpty()
                ? Status.FAILED_PRECONDITION
                        .withDescription("no tokenizer is published yet: call Train")
                        .asRuntimeException()
                : invalid("tokenizer: expected a name, since there are %d, got none".formatted(all.size())));
    }

    static StatusRuntimeException invalid(String message) {
        return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
    }

    /// Runs a call on a virtual thread of its own, where it may wait. Not by `@RunOnVirtualThread`:
    /// with one port for gRPC and HTTP that annotation can deliver the end of a request before the
    /// request (Quarkus issue 48940), and the caller then sees INTERNAL.
    private static <T> Uni<T> onVirtualThread(Supplier<Uni<? extends T>> call) {
        return Uni.createFrom().<T>deferred(call).runSubscriptionOn(Thread::startVirtualThread);
    }
}
