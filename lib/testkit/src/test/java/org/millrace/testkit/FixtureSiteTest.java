package org.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FixtureSiteTest {

    private final HttpClient client = HttpClient.newHttpClient();
    private FixtureSite site;

    @BeforeEach
    void start() throws IOException {
        site = FixtureSite.start();
    }

    @AfterEach
    void stop() {
        site.close();
        client.close();
    }

    @Test
    void answersWhatItWasToldAndRemembersWhatItWasAsked() throws Exception {
        site.answer("/a?b=c", FixtureSite.Response.html("<p>hello").with("ETag", "1"));
        Instant before = Instant.now();

        HttpResponse<String> response = get("/a?b=c");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("<p>hello");
        assertThat(response.headers().firstValue("ETag")).hasValue("1");
        FixtureSite.Request request = site.requests().getFirst();
        assertThat(request.path()).isEqualTo("/a?b=c");
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.header("host")).isEqualTo("127.0.0.1:" + site.port());
        assertThat(request.at()).isBetween(before, Instant.now());
        assertThat(site.count("/a?b=c")).isEqualTo(1);
    }

    @Test
    void aPathWithoutAnswerIsNotFound() throws Exception {
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void anAnswerMayDependOnTheRequest() throws Exception {
        site.answer("/", request -> FixtureSite.Response.text("text/plain", request.method()));

        assertThat(get("/").body()).isEqualTo("GET");
    }

    @Test
    void anAnswerMayWait() throws Exception {
        site.answer("/slow", FixtureSite.Response.status(204).after(Duration.ofMillis(300)));
        long start = System.nanoTime();

        assertThat(get("/slow").statusCode()).isEqualTo(204);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void tellsHowManyItServedAtOnce() {
        site.answer("/slow", FixtureSite.Response.status(200).after(Duration.ofMillis(500)));
        var first = client.sendAsync(request("/slow"), HttpResponse.BodyHandlers.discarding());
        var second = client.sendAsync(request("/slow"), HttpResponse.BodyHandlers.discarding());

        first.join();
        second.join();

        assertThat(site.mostInFlight()).isEqualTo(2);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create(site.url(path)))
                .timeout(Duration.ofSeconds(10))
                .build();
    }
}
