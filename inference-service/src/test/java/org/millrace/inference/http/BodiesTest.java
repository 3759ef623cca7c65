package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Callers whose answer fails, and callers who fail to read it.
class BodiesTest {

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void whoseThreadDiesIsTold() throws Exception {
        int port = serve((exchange, body, events) -> {
            throw new StackOverflowError("too deep");
        });

        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ask"))
                            .timeout(Duration.ofSeconds(10))
                            .header("content-type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(response.body()).contains("too deep");
        }
    }

    @Test
    void whoDoesNotReadIsCutOff() throws Exception {
        var sent = new CompletableFuture<Integer>();
        int port = serve((exchange, body, events) -> {
            var out = exchange.response();
            var stream = new EventStream(out);
            int count = 0;
            while (!out.closed() && count < 500) {
                stream.send("x".repeat(1 << 20));
                count++;
                Thread.sleep(5);
            }
            sent.complete(count);
        });

        try (var reader = new Socket("127.0.0.1", port)) {
            reader.getOutputStream()
                    .write(
                            "POST /ask HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
                                    .getBytes(StandardCharsets.US_ASCII));

            assertThat(sent.get(30, TimeUnit.SECONDS))
                    .as("MiB, with what the connection holds")
                    .isBetween(16, 100);
        }
    }

    private int serve(Bodies.Answer answer) throws Exception {
        Router router = Router.router(vertx);
        new Bodies(router, List.of("application/json"), false, BodiesTest::refuse).take("/ask", answer);
        return vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .actualPort();
    }

    private static void refuse(HttpServerResponse out, ApiError error) {
        Json.send(out, error);
    }
}
