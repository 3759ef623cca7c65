package org.millrace.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiteServerTest {

    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    @TempDir
    Path directory;

    private Site site;
    private SiteServer server;

    @BeforeEach
    void serve() throws IOException {
        site = Site.render(TinyWorld.read(directory), 1);
        server = SiteServer.start(site, 0);
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/, 200, text/html; charset=utf-8",
        "/ships/brave-otter/profile.html?utm_source=teaser, 200, text/html; charset=utf-8",
        "/letters/letter-1.html, 200, text/html; charset=windows-1252",
        "/robots.txt, 200, text/plain; charset=utf-8",
        "/sitemap.xml, 200, application/xml",
        "/go/0, 301, text/html; charset=utf-8",
        "/latest, 302, text/html; charset=utf-8",
        "/status/board.html, 500, text/html; charset=utf-8",
        "/archive/1991/index.html, 404, text/html; charset=utf-8",
    })
    void pathsAnswerAsTheyShould(String path, int status, String type) throws Exception {
        HttpResponse<String> response = get(path);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue(type);
    }

    @Test
    void redirectsSayWhereTo() throws Exception {
        assertThat(get("/old/home").headers().firstValue("Location")).hasValue("/old/home/index");
        assertThat(get("/old/home/index").headers().firstValue("Location")).hasValue("/");
    }

    @Test
    void robotsNameTheSiteMapOfThisServer() throws Exception {
        assertThat(get("/robots.txt").body()).contains("Sitemap: " + server.root() + "sitemap.xml");
        assertThat(get("/sitemap.xml").body())
                .contains("<loc>" + server.root() + "ships/brave-otter/profile.html</loc>");
    }

    @Test
    void requestsAreCountedAndForbiddenOnesTold() throws Exception {
        get("/about.html");
        get("/about.html");
        get("/nowhere");
        assertThat(server.forbiddenRequests()).isZero();

        get("/private/ledger-1.html");
        get("/search?q=everything");

        assertThat(server.requests()).containsEntry("/about.html", 2L).containsEntry("/nowhere", 1L);
        assertThat(server.forbiddenRequests()).isEqualTo(2);
    }

    @Test
    void otherMethodsAreRefusedAndHeadHasNoBody() throws Exception {
        HttpResponse<String> post =
                send(HttpRequest.newBuilder(server.root()).POST(HttpRequest.BodyPublishers.ofString("x")));
        HttpResponse<String> head = send(HttpRequest.newBuilder(server.root()).HEAD());

        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void aPolitePersonFindsAsManyPagesAsAreCounted() {
        long readable = site.pages().values().stream()
                .filter(page -> page.status() == 200 && site.allows(page.path()))
                .count();

        assertThat(server.pages()).isEqualTo((int) readable).isGreaterThan(30);
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(server.root() + path.substring(1))));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.timeout(Duration.ofSeconds(10)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
