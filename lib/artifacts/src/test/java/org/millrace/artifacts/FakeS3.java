package org.millrace.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// As much of S3 as the store speaks: PUT, GET and HEAD of objects, with path-style addresses. It checks
/// the checksum that a PUT announces, and can be told to fail.
final class FakeS3 implements AutoCloseable {

    final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    final List<String> calls = new CopyOnWriteArrayList<>();
    volatile int failures;
    private final HttpServer server;

    FakeS3() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String key = exchange.getRequestURI().getPath();
            calls.add(exchange.getRequestMethod() + " " + key);
            byte[] sent = exchange.getRequestBody().readAllBytes();
            if (failures > 0) {
                failures--;
                error(exchange, 503, "SlowDown");
                return;
            }
            switch (exchange.getRequestMethod()) {
                case "PUT" -> put(exchange, key, sent);
                case "GET", "HEAD" -> get(exchange, key);
                default -> error(exchange, 405, "MethodNotAllowed");
            }
        }
    }

    private void put(HttpExchange exchange, String key, byte[] sent) throws IOException {
        boolean chunked = "aws-chunked".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
        byte[] body = chunked ? unchunked(sent) : sent;
        String announced = exchange.getRequestHeaders().getFirst("x-amz-checksum-sha256");
        byte[] actual = HexFormat.of().parseHex(Sha256.of(body));
        if (announced != null && !announced.equals(Base64.getEncoder().encodeToString(actual))) {
            error(exchange, 400, "BadDigest");
            return;
        }
        objects.put(key, body);
        exchange.getResponseHeaders().add("ETag", "\"1\"");
        exchange.sendResponseHeaders(200, -1);
    }

    private void get(HttpExchange exchange, String key) throws IOException {
        byte[] object = objects.get(key);
        if (object == null) {
            error(exchange, 404, "NoSuchKey");
            return;
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().add("Content-Length", String.valueOf(object.length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, object.length == 0 ? -1 : object.length);
        exchange.getResponseBody().write(object);
    }

    private static void error(HttpExchange exchange, int status, String code) throws IOException {
        byte[] body = "<Error><Code>%s</Code><Message>%s</Message></Error>"
                .formatted(code, code)
                .getBytes(UTF_8);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    /// `size-in-hex;chunk-signature=…CRLF bytes CRLF`, repeated, to a chunk of size 0.
    private static byte[] unchunked(byte[] sent) {
        var out = new ByteArrayOutputStream();
        int at = 0;
        while (at < sent.length) {
            int lineEnd = at;
            while (sent[lineEnd] != '\r') {
                lineEnd++;
            }
            int size = Integer.parseInt(new String(sent, at, lineEnd - at, UTF_8).split(";", 2)[0], 16);
            if (size == 0) {
                break;
            }
            out.write(sent, lineEnd + 2, size);
            at = lineEnd + 2 + size + 2;
        }
        return out.toByteArray();
    }
}
