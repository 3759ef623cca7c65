package org.millrace.world;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/// Serves a [Site] on 127.0.0.1, one virtual thread per request, and counts who asked for what.
public final class SiteServer implements AutoCloseable {

    static {
        // Else the JDK's server sends head and body in two packets, and each answer waits 40 ms for an ACK.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final Site site;
    private final HttpServer server;
    private final ExecutorService threads;
    private final URI root;
    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();

    private SiteServer(Site site, HttpServer server) {
        this.site = site;
        this.server = server;
        this.threads = Executors.newVirtualThreadPerTaskExecutor();
        this.root = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    /// @param port 0 for any free one
    public static SiteServer start(Site site, int port) throws IOException {
        InetAddress local = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        SiteServer started = new SiteServer(site, HttpServer.create(new InetSocketAddress(local, port), 0));
        started.server.setExecutor(started.threads);
        started.server.createContext("/", started::answer);
        started.server.start();
        return started;
    }

    public URI root() {
        return root;
    }

    /// How many pages a polite crawler can find.
    public int pages() {
        return (int) site.pages().values().stream().filter(Page::readable).count();
    }

    /// Requests so far by path, without queries, for existing paths and others alike.
    public SortedMap<String, Long> requests() {
        SortedMap<String, Long> counts = new TreeMap<>();
        requests.forEach((path, count) -> counts.put(path, count.sum()));
        return counts;
    }

    /// Requests for paths that robots.txt forbids. A polite crawler leaves this at zero.
    public long forbiddenRequests() {
        return requests().entrySet().stream()
                .filter(entry -> !site.allows(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            String path = exchange.getRequestURI().getPath();
            requests.computeIfAbsent(path, p -> new LongAdder()).increment();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, "text/plain; charset=utf-8", bytes("GET and HEAD only"));
                return;
            }
            switch (path) {
                case "/robots.txt" -> send(exchange, 200, "text/plain; charset=utf-8", bytes(site.robots(root)));
                case "/sitemap.xml" -> send(exchange, 200, "application/xml", bytes(site.sitemap(root)));
                default -> answer(exchange, site.page(path));
            }
        }
    }

    private static void answer(HttpExchange exchange, Optional<Page> found) throws IOException {
        if (found.isEmpty()) {
            send(exchange, 404, Page.HTML, bytes("<h1>Not found</h1><p>There is no such page."));
            return;
        }
        Page page = found.get();
        page.headers().forEach(exchange.getResponseHeaders()::set);
        send(exchange, page.status(), page.contentType(), page.body());
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
