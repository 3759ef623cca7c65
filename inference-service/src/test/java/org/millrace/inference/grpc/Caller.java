package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.OperatorServiceGrpc;
import org.millrace.proto.policy.v1.OperatorServiceGrpc.OperatorServiceBlockingStub;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;

/// Calls the service of a `@QuarkusTest` over the network, by HTTP and gRPC.
@Singleton
public final class Caller {

    private final URI address = URI.create(ConfigProvider.getConfig().getValue("test.url", String.class));
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ManagedChannel channel = ManagedChannelBuilder.forAddress(address.getHost(), address.getPort())
            .usePlaintext()
            .build();

    @PreDestroy
    void hangUp() {
        client.shutdownNow();
        channel.shutdownNow();
    }

    public URI address() {
        return address;
    }

    public ManagedChannel channel() {
        return channel;
    }

    public PolicyServiceBlockingStub policy() {
        return PolicyServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public List<GenerateResponse> generate(GenerateRequest.Builder request) {
        List<GenerateResponse> chunks = new ArrayList<>();
        policy().generate(request.build()).forEachRemaining(chunks::add);
        return chunks;
    }

    public OperatorServiceBlockingStub operators() {
        return OperatorServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    public GRPCInferenceServiceBlockingStub inference() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public HttpResponse<String> get(String path) throws Exception {
        return send(request(path));
    }

    public HttpResponse<String> post(String path, String json) throws Exception {
        return send(json(path, json));
    }

    public HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return send(request, BodyHandlers.ofString());
    }

    public <T> HttpResponse<T> send(HttpRequest.Builder request, BodyHandler<T> body) throws Exception {
        return client.send(request.build(), body);
    }

    /// What comes in place of answers when the same is posted eight times at once.
    public List<HttpResponse<String>> refusedOfEight(String path, String json) throws Exception {
        List<CompletableFuture<HttpResponse<String>>> replies = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            replies.add(client.sendAsync(json(path, json).build(), BodyHandlers.ofString()));
        }
        List<HttpResponse<String>> refused = new ArrayList<>();
        for (var reply : replies) {
            HttpResponse<String> response = reply.get(30, TimeUnit.SECONDS);
            if (response.statusCode() != 200) {
                refused.add(response);
            }
        }
        return refused;
    }

    /// Starts a client of others, `src/test/CLIENT/run`, which ends well if it is answered well.
    public void assertAnswers(String client) throws Exception {
        Path said = Path.of("target", client + ".log");
        Process run = new ProcessBuilder("src/test/" + client + "/run", address.getAuthority())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(run.waitFor(3, TimeUnit.MINUTES)).isTrue();
            System.out.println(Files.readString(said));
            assertThat(run.exitValue()).isZero();
        } finally {
            run.destroyForcibly();
        }
    }

    public HttpRequest.Builder json(String path, String body) {
        return request(path).header("content-type", "application/json").POST(BodyPublishers.ofString(body));
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(30));
    }
}
