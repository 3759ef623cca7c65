package org.millrace.rollout.grpc;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.reward.v1.RewardServiceGrpc;
import org.millrace.proto.reward.v1.ScoreRequest;
import org.millrace.proto.reward.v1.ScoreResponse;

/// A policy and a reward service behind one real port. Sample `i` of a prompt says `<question> <i>` in
/// two chunks; a reward is the number of tokens. What a question may order: `refuse me`, `break me`,
/// `say the same`, `say nothing true`, `use a tool`, `use a tool wrongly`.
public final class FakeServers implements AutoCloseable {

    private static final Metadata.Key<String> TRACE_PARENT =
            Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    private final AtomicReference<@Nullable Status> failure = new AtomicReference<>();
    private final AtomicReference<Duration> delay = new AtomicReference<>(Duration.ZERO);
    private final AtomicInteger generateCalls = new AtomicInteger();
    private final AtomicReference<GenerateRequest> lastRequest =
            new AtomicReference<>(GenerateRequest.getDefaultInstance());
    private final Map<String, String> traceParents = new ConcurrentHashMap<>();
    private final Server server;

    private FakeServers(int port) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .addService(new Policy())
                .addService(new Rewards())
                .intercept(this::remember)
                .build()
                .start();
    }

    public static FakeServers start() throws IOException {
        return new FakeServers(0);
    }

    public static FakeServers start(int port) throws IOException {
        return new FakeServers(port);
    }

    public int port() {
        return server.getPort();
    }

    public String target() {
        return "127.0.0.1:" + port();
    }

    /// Every call ends like this, until [#work].
    public void fail(Status status) {
        failure.set(status);
    }

    public void work() {
        failure.set(null);
    }

    /// Each Generate takes so long.
    public void delay(Duration duration) {
        delay.set(duration);
    }

    public int generateCalls() {
        return generateCalls.get();
    }

    /// The header `traceparent` of the last call of each method, by the method's name.
    public Map<String, String> traceParents() {
        return traceParents;
    }

    /// What the policy was asked last.
    GenerateRequest lastRequest() {
        return lastRequest.get();
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    private <Q, R> ServerCall.Listener<Q> remember(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        traceParents.put(
                String.valueOf(call.getMethodDescriptor().getBareMethodName()),
                String.valueOf(headers.get(TRACE_PARENT)));
        return next.startCall(call, headers);
    }

    private final class Policy extends PolicyServiceGrpc.PolicyServiceImplBase {

        @Override
        public void generate(GenerateRequest request, StreamObserver<GenerateResponse> out) {
            generateCalls.incrementAndGet();
            lastRequest.set(request);
            String question = request.getConversation()
                    .getMessages(request.getConversation().getMessagesCount() - 1)
                    .getContent();
            try {
                Thread.sleep(delay.get());
            } catch (InterruptedException e) {
                out.onError(Status.CANCELLED.asRuntimeException());
                return;
            }
            Status status = failure.get();
            if (status != null) {
                out.onError(status.asRuntimeException());
                return;
            }
            if (question.equals("refuse me")) {
                out.onError(Status.INVALID_ARGUMENT
                        .withDescription("conversation: expected at most 128 tokens, got 300")
                        .asRuntimeException());
                return;
            }
            for (int i = 0; i < request.getSamples(); i++) {
                String text = question.equals("say the same") ? "same" : question + " " + i;
                GenerateResponse.Builder first = GenerateResponse.newBuilder()
                        .setSample(i)
                        .setText(text)
                        .addTokens(10 + i)
                        .addLogProbs(question.equals("say nothing true") ? Float.NaN : -0.5f)
                        .setModelVersion(3)
                        .setModel("policy");
                if (i == 0) {
                    first.addPromptTokens(1)
                            .addPromptTokens(2)
                            .setTokenizer("words")
                            .setTokenizerVersion(2);
                }
                out.onNext(first.build());
            }
            if (question.equals("break me")) {
                out.onCompleted(); // no sample ever ends
                return;
            }
            for (int i = 0; i < request.getSamples(); i++) {
                GenerateResponse.Builder last = GenerateResponse.newBuilder()
                        .setSample(i)
                        .setModelVersion(4)
                        .setFinish(GenerateResponse.Finish.FINISH_STOP);
                for (int t = 0; t < i + 1; t++) {
                    last.addTokens(5).addLogProbs(-0.25f);
                    if (question.startsWith("use a tool")) {
                        last.addForced(t == 0);
                    }
                }
                if (question.equals("use a tool wrongly")) {
                    last.addForced(true);
                }
                out.onNext(last.build());
            }
            out.onCompleted();
        }
    }

    private final class Rewards extends RewardServiceGrpc.RewardServiceImplBase {

        @Override
        public void score(ScoreRequest request, StreamObserver<ScoreResponse> out) {
            Status status = failure.get();
            if (status != null) {
                out.onError(status.asRuntimeException());
                return;
            }
            ScoreResponse.Builder response =
                    ScoreResponse.newBuilder().setModel("reward").setModelVersion(6);
            request.getCompletionsList().forEach(completion -> response.addRewards(completion.getTokensCount())
                    .addVerified(request.getReference().isEmpty() ? -1 : 1));
            out.onNext(response.build());
            out.onCompleted();
        }
    }
}
