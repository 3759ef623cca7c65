package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.InferenceConfig;
import org.millrace.inference.TinyModel;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GetStatusRequest;
import org.millrace.proto.policy.v1.OperatorServiceGrpc;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.ServingStatus;
import org.millrace.testkit.BrokerExtension;
import org.millrace.testkit.PackagedService;

/// The packaged service in a process of its own, and what SIGTERM does to it while it answers.
class StoppedServiceIT {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final Duration SOON = Duration.ofSeconds(90);

    /// What Kubernetes gives a pod (`k8s/base/hardening.yaml`).
    private static final Duration GRACE = Duration.ofSeconds(45);

    /// Tokens of an answer.
    private static final int LENGTH = 1_000;

    /// Tokens of the answer that keeps the service from ending until its caller leaves.
    private static final int LONG = 16_000;

    /// Over each protocol, who ask until the process has ended.
    private static final int CALLERS = 4;

    @TempDir
    static Path directory;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private PackagedService service;
    private URI address;
    private ManagedChannel channel;

    @BeforeAll
    static void publish() throws Exception {
        Map<String, String> settings =
                Map.of("millrace.inference.artifacts", artifacts(), "millrace.inference.data", directory.toString());
        InferenceConfig config = new SmallRyeConfigBuilder()
                .withMapping(InferenceConfig.class)
                .withSources(new PropertiesConfigSource(settings, "test", 100))
                .build()
                .getConfigMapping(InferenceConfig.class);
        new ModelLog("tiny", config, BROKER.bootstrapServers()).publish(1, TinyModel.config(LONG + 100));
    }

    @BeforeEach
    void start() throws Exception {
        service = PackagedService.start(Map.of(
                "KAFKA_BOOTSTRAP_SERVERS", BROKER.bootstrapServers(),
                "MILLRACE_ARTIFACTS", artifacts(),
                "MILLRACE_DATA", directory.resolve("data").toString(),
                "MILLRACE_INFERENCE_SLOTS", "8"));
        address = service.address();
        channel = ManagedChannelBuilder.forAddress(address.getHost(), address.getPort())
                .usePlaintext()
                .build();
        await().atMost(SOON).until(() -> service.get("/v1/models").body().contains("tiny"));
        assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(200);
    }

    @AfterEach
    void stop() throws Exception {
        service.close(); // so that nothing below can wait for it
        channel.shutdownNow();
        client.shutdownNow();
        callers.shutdownNow();
    }

    @Test
    void whatIsUnderWayEndsWholeAndTheRestIsRefused() throws Exception {
        Context.CancellableContext leaving = Context.current().withCancellation();
        Future<?> longest = callers.submit(leaving.wrap(() -> generate(LONG).forEachRemaining(chunk -> {})));
        await().atMost(SOON).until(() -> status().getRunning() == 1);
        List<Future<Integer>> answers = Stream.<Callable<Integer>>of(
                        this::generated, this::generated, this::completed, this::completed, this::completedAtOnce)
                .map(callers::submit)
                .toList();
        await().atMost(SOON)
                .until(() -> status().getRunning()
                                + answers.stream().filter(Future::isDone).count()
                        == 6);

        service.terminate();
        long told = System.nanoTime();

        await().atMost(SOON).until(() -> service.get("/q/health/ready").statusCode(), status -> status != 200);
        assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(503);
        HttpResponse<String> sentAway = ask("{\"model\":\"tiny\",\"prompt\":\"rain\"}");
        assertThat(sentAway.statusCode()).isEqualTo(503);
        assertThat(sentAway.body()).contains("\"code\":\"draining\"");
        var refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> generate(1).hasNext());
        assertThat(refused.getStatus().getCode()).as(refused.getMessage()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(longest.isDone()).as("refused while this was under way").isFalse();
        leaving.cancel(null);
        for (Future<Integer> answer : answers) {
            assertThat(answer.get(GRACE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(LENGTH);
        }
        ended(told);
    }

    @Test
    void whoGoesOnAskingIsSentAwayUpToTheLast() throws Exception {
        Queue<String> heard = new ConcurrentLinkedQueue<>();
        List<Future<?>> persistent = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            persistent.add(callers.submit(() -> {
                while (service.isAlive()) {
                    heard.add(overGrpc());
                    Thread.sleep(2);
                }
                return null;
            }));
            persistent.add(callers.submit(() -> {
                while (service.isAlive()) {
                    heard.add(overHttp());
                    Thread.sleep(2);
                }
                return null;
            }));
        }
        Set<String> good = Set.of("grpc OK", "http 200");
        await().atMost(SOON).until(() -> heard.containsAll(good));
        assertThat(heard).as("before the end").containsOnlyElementsOf(good);

        service.terminate();
        long told = System.nanoTime();

        ended(told);
        for (Future<?> caller : persistent) {
            caller.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
        assertThat(new TreeSet<>(heard))
                .contains("grpc OK", "grpc UNAVAILABLE", "http 200")
                .isSubsetOf("grpc OK", "grpc UNAVAILABLE", "http 200", "http 503", "http gone");
    }

    private String overGrpc() {
        try {
            generate(1).forEachRemaining(chunk -> {});
            return "grpc OK";
        } catch (StatusRuntimeException e) {
            return "grpc " + e.getStatus().getCode();
        }
    }

    private String overHttp() throws InterruptedException {
        try {
            return "http "
                    + ask("{\"model\":\"tiny\",\"prompt\":\"rain\",\"max_tokens\":1}")
                            .statusCode();
        } catch (IOException e) { // before the first byte of an answer, or else it was cut off
            boolean gone = e instanceof ConnectException
                    || Pattern.compile("received no bytes|reset|Broken pipe")
                            .matcher(String.valueOf(e.getMessage()))
                            .find();
            return gone ? "http gone" : "http " + e;
        }
    }

    @Test
    void whatWasPausedGoesOnAndEndsWhole() throws Exception {
        OperatorServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SOON).pause(PauseRequest.getDefaultInstance());
        Future<Integer> answer = callers.submit(this::generated);
        await().atMost(SOON).until(() -> status().getWaiting() == 1);

        service.terminate();
        long told = System.nanoTime();

        assertThat(answer.get(GRACE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(LENGTH);
        ended(told);
    }

    private void ended(long toldNanos) throws Exception {
        assertThat(service.awaitExit(GRACE.minusNanos(System.nanoTime() - toldNanos)))
                .isZero();
        assertThat(service.log()).doesNotContain(" ERROR ");
    }

    /// @return tokens of an answer that ended as it should
    private int generated() {
        List<Integer> tokens = new ArrayList<>();
        var finish = GenerateResponse.Finish.FINISH_UNSPECIFIED;
        for (Iterator<GenerateResponse> chunks = generate(LENGTH); chunks.hasNext(); ) {
            GenerateResponse chunk = chunks.next();
            tokens.addAll(chunk.getTokensList());
            finish = chunk.getFinish();
        }
        assertThat(finish).isEqualTo(GenerateResponse.Finish.FINISH_LENGTH);
        return tokens.size();
    }

    private Iterator<GenerateResponse> generate(int tokens) {
        return PolicyServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(SOON)
                .generate(GenerateRequest.newBuilder()
                        .setText("the mill")
                        .setIgnoreEnd(true)
                        .setSampling(Sampling.newBuilder().setTemperature(1).setMaxTokens(tokens))
                        .build());
    }

    /// The same as a stream of OpenAI's API.
    private int completed() throws Exception {
        HttpResponse<Stream<String>> reply = client.send(completion(prompt(true)), HttpResponse.BodyHandlers.ofLines());
        List<String> lines = reply.body().filter(line -> !line.isEmpty()).toList();
        assertThat(lines.getLast()).isEqualTo("data: [DONE]");
        return tokens(lines.get(lines.size() - 2));
    }

    /// The same without a stream.
    private int completedAtOnce() throws Exception {
        HttpResponse<String> reply = ask(prompt(false));
        assertThat(reply.statusCode()).isEqualTo(200);
        return tokens(reply.body());
    }

    private static String prompt(boolean stream) {
        return """
                {"model":"tiny","prompt":"the mill","temperature":1,"max_tokens":%d,"ignore_eos":true,"stream":%s%s}\
                """.formatted(LENGTH, stream, stream ? ",\"stream_options\":{\"include_usage\":true}" : "");
    }

    private static int tokens(String said) {
        Matcher usage = Pattern.compile("\"completion_tokens\":([0-9]+)").matcher(said);
        assertThat(usage.find()).as(said).isTrue();
        return Integer.parseInt(usage.group(1));
    }

    private HttpResponse<String> ask(String body) throws IOException, InterruptedException {
        return client.send(completion(body), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest completion(String body) {
        return HttpRequest.newBuilder(address.resolve("/v1/completions"))
                .header("content-type", "application/json")
                .timeout(SOON)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private ServingStatus status() {
        return OperatorServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(SOON)
                .getStatus(GetStatusRequest.getDefaultInstance())
                .getStatus();
    }

    private static String artifacts() {
        return directory.resolve("artifacts").toUri().toString();
    }
}
