package org.millrace.crawler.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.JksOptions;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Dns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher.Wanted;
import org.millrace.crawler.web.NormalUrl;

/// HTTP/2 over TLS, with a certificate made for the test.
class Http2Test {

    private static final String PASSWORD = "changeit";

    @TempDir
    Path folder;

    @Test
    void aHostIsAskedOverOneConnectionOfHttp2() throws Exception {
        Path keys = certificate();
        AtomicInteger connections = new AtomicInteger();
        Set<String> versions = ConcurrentHashMap.newKeySet();
        Vertx vertx = Vertx.vertx();
        try {
            HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                            .setSsl(true)
                            .setUseAlpn(true)
                            .setKeyCertOptions(
                                    new JksOptions().setPath(keys.toString()).setPassword(PASSWORD)))
                    .connectionHandler(_ -> connections.incrementAndGet())
                    .requestHandler(request -> {
                        versions.add(request.version().toString());
                        request.response()
                                .putHeader("Content-Type", "text/html")
                                .end("hello " + request.path());
                    });
            int port = server.listen(0, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS)
                    .actualPort();
            try (OkFetcher fetcher = fetcher(keys)) {
                for (int i = 0; i < 20; i++) {
                    NormalUrl url = NormalUrl.of("https://localhost:%d/%d".formatted(port, i))
                            .orElseThrow();
                    String expected = "hello /" + i;
                    assertThat(fetcher.fetch(url, Wanted.page(1_000)))
                            .isInstanceOfSatisfying(Fetch.Fetched.class, page -> assertThat(page.body())
                                    .asString(UTF_8)
                                    .isEqualTo(expected));
                }
            }
            assertThat(versions).containsExactly("HTTP_2");
            assertThat(connections).hasValue(1);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static OkFetcher fetcher(Path keys) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray()));
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        Duration limit = Duration.ofSeconds(5);
        return new OkFetcher(
                "millrace/test",
                new Reach(true, Reach.WEB),
                new OkFetcher.TimeLimits(limit, limit, limit),
                _ -> {},
                Dns.SYSTEM,
                _ -> false,
                client -> client.sslSocketFactory(
                        tls.getSocketFactory(), (X509TrustManager) trust.getTrustManagers()[0]));
    }

    private Path certificate() throws Exception {
        Path keys = folder.resolve("keys.p12");
        Process tool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "site",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keys.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(tool.getInputStream().readAllBytes(), UTF_8);
        assertThat(tool.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(tool.exitValue()).as(said).isZero();
        return keys;
    }
}
