package org.millrace.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A web site on 127.0.0.1 that answers what the test says and remembers what it was asked. A path
/// without an answer is a 404.
public final class FixtureSite implements AutoCloseable {

    static {
        // Else the JDK's server sends head and body in two packets, and each answer waits 40 ms for an ACK.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Function<Request, Response>> answers = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();

    private FixtureSite(HttpServer server) {
        this.server = server;
    }

    /// Starts an empty site on a free port.
    public static FixtureSite start() throws IOException {
        var site = new FixtureSite(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        site.server.createContext("/", site::handle);
        site.server.setExecutor(site.threads);
        site.server.start();
        return site;
    }

    /// Answers a path (with its query, if any) always with the same response.
    public FixtureSite answer(String path, Response response) {
        return answer(path, request -> response);
    }

    /// Answers a path (with its query, if any) by looking at the request.
    public FixtureSite answer(String path, Function<Request, Response> response) {
        answers.put(path, response);
        return this;
    }

    /// The address of a path of this site.
    public String url(String path) {
        return "http://127.0.0.1:%d%s".formatted(port(), path);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /// Everything that was asked so far, in order of arrival.
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    public long count(String path) {
        return requests.stream().filter(request -> request.path().equals(path)).count();
    }

    /// The most requests that were being answered at the same time.
    public int mostInFlight() {
        return mostInFlight.get();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        try (exchange) {
            Request request = new Request(
                    exchange.getRequestMethod(), path(exchange.getRequestURI()), headers(exchange), Instant.now());
            requests.add(request);
            Function<Request, Response> answer = answers.get(request.path());
            send(exchange, answer == null ? Response.status(404) : answer.apply(request));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the site is closing
        } finally {
            inFlight.decrementAndGet();
        }
    }

    private static void send(HttpExchange exchange, Response response) throws IOException, InterruptedException {
        Thread.sleep(response.delay());
        response.headers()
                .forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
        boolean bodiless = exchange.getRequestMethod().equals("HEAD") || response.body().length == 0;
        exchange.sendResponseHeaders(response.status(), bodiless ? -1 : response.body().length);
        if (!bodiless) {
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(response.body());
            }
        }
    }

    private static String path(URI uri) {
        return uri.getRawQuery() == null ? uri.getRawPath() : uri.getRawPath() + "?" + uri.getRawQuery();
    }

    private static Map<String, String> headers(HttpExchange exchange) {
        Map<String, String> headers = new ConcurrentHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) ->
                        headers.put(name.toLowerCase(java.util.Locale.ROOT), String.join(", ", values)));
        return headers;
    }

    /// What the site was asked.
    ///
    /// @param path as sent, with the query
    /// @param headers by lowercase name
    /// @param at when the request line and headers had arrived
    public record Request(String method, String path, Map<String, String> headers, Instant at) {

        public @Nullable String header(String name) {
            return headers.get(name);
        }
    }

    /// What the site answers.
    ///
    /// @param delay before the first byte
    public record Response(int status, Map<String, String> headers, byte[] body, Duration delay) {

        public static Response html(String body) {
            return text("text/html; charset=utf-8", body);
        }

        public static Response text(String contentType, String body) {
            return new Response(
                    200, Map.of("Content-Type", contentType), body.getBytes(StandardCharsets.UTF_8), Duration.ZERO);
        }

        public static Response redirect(String location) {
            return new Response(301, Map.of("Location", location), new byte[0], Duration.ZERO);
        }

        public static Response status(int status) {
            return new Response(status, Map.of(), new byte[0], Duration.ZERO);
        }

        public Response after(Duration wait) {
            return new Response(status, headers, body, wait);
        }

        public Response with(String header, String value) {
            Map<String, String> more = new ConcurrentHashMap<>(headers);
            more.put(header, value);
            return new Response(status, Map.copyOf(more), body, delay);
        }
    }
}
