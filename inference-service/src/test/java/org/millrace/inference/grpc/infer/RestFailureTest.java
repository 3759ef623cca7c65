package org.millrace.inference.grpc.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.TracerProvider;
import io.quarkus.runtime.ApplicationConfig;
import io.smallrye.health.SmallRyeHealthReporter;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.GatedDecoder;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.TinyModel;
import org.millrace.inference.http.RequestMetrics;

/// What a caller over HTTP is told when a model breaks down.
class RestFailureTest {

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void aStreamThatHasBegunEndsWithTheErrorAndWhoComesLaterIsRefused(@TempDir Path directory) throws Exception {
        var decoder = new GatedDecoder(TinyModel.config().vocabulary());
        var death = new CompletableFuture<Throwable>();
        Vertx vertx = Vertx.vertx();
        try (Models models = TinyModel.served(
                directory,
                "policy",
                (checkpoint, rows, precision) -> decoder,
                Precisions.AS_TRAINED,
                (thread, cause) -> death.complete(cause))) {
            String address = "http://127.0.0.1:" + serve(vertx, models).actualPort();

            HttpResponse<Stream<String>> stream = client.send(
                    post(address + "/v2/models/policy/generate_stream"), HttpResponse.BodyHandlers.ofLines());
            Iterator<String> lines = stream.body().iterator();
            String first = lines.next();
            await().until(decoder::isWaiting); // in a step, so that the next one waits
            CompletableFuture<HttpResponse<String>> whole = client.sendAsync(
                    post(address + "/v2/models/policy/generate"), HttpResponse.BodyHandlers.ofString());
            await().until(() -> models.waiting() == 1);
            decoder.breakDown();

            assertThat(stream.statusCode()).isEqualTo(200);
            assertThat(first).startsWith("data: {\"model_name\":\"policy\",\"model_version\":\"1\",\"text_output\":");
            assertThat(lines.next()).isEmpty();
            assertThat(lines.next()).isEqualTo("data: {\"error\":\"the engine broke: out of order\"}");
            assertThat(lines.next()).isEmpty();
            assertThat(lines.hasNext()).isFalse();
            assertThat(whole.get(30, TimeUnit.SECONDS).body())
                    .isEqualTo("{\"error\":\"the engine broke: out of order\"}");
            assertThat(whole.get().statusCode()).isEqualTo(500);
            assertThat(death).succeedsWithin(Duration.ofSeconds(30));
            String broken = "{\"error\":\"policy broke down, and is served again after a new start\"}";
            HttpResponse<String> later =
                    client.send(post(address + "/v2/models/policy/generate"), HttpResponse.BodyHandlers.ofString());
            assertThat(later.body()).isEqualTo(broken);
            assertThat(later.statusCode()).isEqualTo(503);
        } finally {
            client.shutdownNow();
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    private static HttpServer serve(Vertx vertx, Models models) throws Exception {
        var server = new InferenceServer(
                models,
                new RequestMetrics(new SimpleMeterRegistry(), TracerProvider.noop()),
                new SmallRyeHealthReporter(),
                new Nameless());
        Router router = Router.router(vertx);
        new RestEndpoint(server).listen(router);
        return vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private static HttpRequest post(String url) {
        return HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"text_input\":\"rain\",\"parameters\":{\"ignore_eos\":true}}"))
                .build();
    }

    private static final class Nameless implements ApplicationConfig {

        @Override
        public Optional<String> name() {
            return Optional.empty();
        }

        @Override
        public Optional<String> version() {
            return Optional.empty();
        }

        @Override
        public Optional<String> uiHeader() {
            return Optional.empty();
        }
    }
}
