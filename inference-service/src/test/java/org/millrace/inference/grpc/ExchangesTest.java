package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExchangesTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration AT_ONCE = Duration.ZERO;
    private static final String ENDLESS = "/inference.GRPCInferenceService/ModelStreamInfer";

    private final Exchanges exchanges = new Exchanges();
    private final Vertx vertx = Vertx.vertx();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CompletableFuture<Void> drawn = new CompletableFuture<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void serve() throws Exception {
        var departures = new Departures();
        Router router = Router.router(vertx);
        router.route().handler(departures::watch);
        router.route().handler(exchanges::watch);
        router.route("/fast").handler(exchange -> exchange.end("fast"));
        router.route("/slow").handler(exchange -> {
            exchange.response().setChunked(true).write("slo");
            begun.countDown();
            var unused = drawn.thenRun(() -> exchange.vertx().runOnContext(now -> exchange.end("w")));
        });
        router.route(ENDLESS).handler(exchange -> begun.countDown());
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        client.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsUnderWayIsAwaitedAndWhatComesIsRefused(HttpClient.Version version) throws Exception {
        CompletableFuture<HttpResponse<String>> slow = ask(version, "/slow", "text/plain");
        assertThat(begun.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(exchanges.close(AT_ONCE)).isFalse();
        for (String path : new String[] {"/fast", "/grpc.health.v1.Health/Check"}) {
            HttpResponse<String> refused = ask(version, path, "text/plain").get();
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).startsWith("the server stops");
        }
        assertThat(exchanges.close(AT_ONCE)).isFalse();

        drawn.complete(null);
        assertThat(slow.get().body()).isEqualTo("slow");
        assertThat(exchanges.close(SOON)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void whatHasEndedIsNotAwaited(HttpClient.Version version) throws Exception {
        assertThat(ask(version, "/fast", "text/plain").get().body()).isEqualTo("fast");
        assertThat(ask(version, "/fast", "application/grpc").get().body()).isEqualTo("fast");
        assertThat(ask(version, "/nowhere", "text/plain").get().statusCode()).isEqualTo(404);

        assertThat(exchanges.close(SOON)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aCallerWhoHasGoneIsNotAwaited(HttpClient.Version version) throws Exception {
        var unused = ask(version, "/slow", "text/plain");
        assertThat(begun.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

        client.shutdownNow();

        assertThat(exchanges.close(SOON)).isTrue();
    }

    @Test
    void aStreamThatLastsAsItsCallerLikesIsNotAwaited() throws Exception {
        var unused = ask(HttpClient.Version.HTTP_2, ENDLESS, "application/grpc");
        assertThat(begun.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(exchanges.close(AT_ONCE)).isTrue();
    }

    private CompletableFuture<HttpResponse<String>> ask(HttpClient.Version version, String path, String type) {
        return client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(server.actualPort(), path)))
                        .version(version)
                        .timeout(SOON)
                        .header("content-type", type)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
