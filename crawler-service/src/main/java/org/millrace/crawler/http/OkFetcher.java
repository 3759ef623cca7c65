package org.millrace.crawler.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Proxy;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.SocketFactory;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Fetch;
import org.millrace.crawler.Fetcher;
import org.millrace.crawler.Headers;
import org.millrace.crawler.NormalUrl;
import org.millrace.crawler.Version;

/// Requests over HTTP/1.1 and HTTP/2. Nothing that a server does can take more than the time, the bytes
/// and the one connection that it is given.
///
/// Since a host is asked by one worker at a time, the pool keeps one connection to it.
public final class OkFetcher implements Fetcher {

    /// Longer header values are of no use to anybody.
    private static final int MAX_HEADER = 1_000;

    private final OkHttpClient client;
    private final String userAgent;
    private final boolean allowPrivate;
    private final Consumer<Duration> took;

    /// @param userAgent product token, version and contact
    /// @param allowPrivate private addresses and any port may be connected to
    /// @param took told of the duration of each request
    public OkFetcher(String userAgent, boolean allowPrivate, TimeLimits limits, Consumer<Duration> took) {
        this.userAgent = userAgent;
        this.allowPrivate = allowPrivate;
        this.took = took;
        AddressGuard guard = new AddressGuard();
        client = new OkHttpClient.Builder()
                .dns(allowPrivate ? Dns.SYSTEM : guard)
                .socketFactory(allowPrivate ? SocketFactory.getDefault() : guard)
                .proxy(Proxy.NO_PROXY) // a proxy would look names up where no guard stands
                .followRedirects(false)
                .followSslRedirects(false)
                .retryOnConnectionFailure(true) // a kept connection that the server closed meanwhile
                .connectTimeout(limits.connect())
                .readTimeout(limits.read())
                .writeTimeout(limits.read())
                .callTimeout(limits.call())
                .connectionPool(new ConnectionPool(256, 30, TimeUnit.SECONDS))
                .build();
    }

    /// @param connect for the TCP connection, and again for TLS
    /// @param read between two packets
    /// @param call from the look-up of the name to the last byte
    public record TimeLimits(Duration connect, Duration read, Duration call) {}

    @Override
    public Fetch fetch(NormalUrl url, Wanted wanted) {
        if (!allowPrivate && url.port() != 80 && url.port() != 443) {
            return new Fetch.Failed("port %d: refused, expected 80 or 443".formatted(url.port()), false);
        }
        HttpUrl parsed = HttpUrl.Companion.parse(url.toString());
        if (parsed == null) {
            return new Fetch.Failed("the HTTP client does not take this URL", false);
        }
        Request request = request(parsed, wanted.known());
        long start = System.nanoTime();
        try (Response response = client.newCall(request).execute()) {
            return outcome(url, response, wanted);
        } catch (AddressGuard.RefusedAddress e) {
            return new Fetch.Failed(why(e), false);
        } catch (UnknownHostException e) {
            return new Fetch.Failed("no address is known for " + url.host(), true);
        } catch (InterruptedIOException e) {
            return new Fetch.Failed("no whole answer in time: " + why(e), true);
        } catch (IOException e) {
            return new Fetch.Failed(why(e), true);
        } finally {
            took.accept(Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private Request request(HttpUrl url, Version known) {
        Request.Builder request = new Request.Builder()
                .url(url)
                .header("User-Agent", userAgent)
                .header("Accept", "text/html,application/xhtml+xml;q=0.9,text/*;q=0.8,*/*;q=0.5");
        if (!known.etag().isEmpty()) {
            request.header("If-None-Match", known.etag());
        }
        if (!known.lastModified().isEmpty()) {
            request.header("If-Modified-Since", known.lastModified());
        }
        return request.build();
    }

    private static Fetch outcome(NormalUrl url, Response response, Wanted wanted) throws IOException {
        int status = response.code();
        return switch (status / 100) {
            case 2 -> fetched(response, wanted);
            case 3 -> moved(url, response, wanted);
            default -> new Fetch.HttpError(status, retryAfter(header(response, "Retry-After")));
        };
    }

    private static Fetch moved(NormalUrl url, Response response, Wanted wanted) {
        int status = response.code();
        return switch (status) {
            case 301, 302, 303, 307, 308 ->
                url.resolve(header(response, "Location"))
                        .filter(to -> !header(response, "Location").isEmpty())
                        .<Fetch>map(to -> new Fetch.Redirected(status, to))
                        .orElse(new Fetch.Failed("status %d without a usable Location".formatted(status), false));
            case 304 ->
                wanted.known().equals(Version.UNKNOWN)
                        ? new Fetch.HttpError(status, null)
                        : new Fetch.Unchanged(headers(response));
            default -> new Fetch.HttpError(status, null);
        };
    }

    private static Fetch fetched(Response response, Wanted wanted) throws IOException {
        Headers headers = headers(response);
        if (wanted.textOnly() && !isText(headers.contentType())) {
            return new Fetch.Failed("content type %s is no text".formatted(headers.contentType()), false);
        }
        String encoding = header(response, "Content-Encoding");
        if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
            return new Fetch.Failed("content encoding %s was not asked for".formatted(encoding), false);
        }
        try (ResponseBody body = response.body();
                InputStream in = body.byteStream()) {
            if (!wanted.start() && body.contentLength() > wanted.maxBytes()) {
                return tooLong(wanted);
            }
            byte[] bytes = in.readNBytes(wanted.maxBytes());
            if (!wanted.start() && bytes.length == wanted.maxBytes() && in.read() >= 0) {
                return tooLong(wanted);
            }
            return new Fetch.Fetched(response.code(), bytes, headers);
        }
    }

    private static Headers headers(Response response) {
        List<Headers.Field> fields = new ArrayList<>();
        response.headers().forEach(field -> fields.add(new Headers.Field(field.getFirst(), field.getSecond())));
        return new Headers(fields);
    }

    private static Fetch tooLong(Wanted wanted) {
        return new Fetch.Failed("body: expected at most %d bytes, got more".formatted(wanted.maxBytes()), false);
    }

    /// Types that text can be had from; a body that declares none may be text.
    private static boolean isText(String contentType) {
        String type = contentType.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
        return type.isEmpty()
                || type.startsWith("text/")
                || type.endsWith("+xml")
                || type.equals("application/xml")
                || type.endsWith("/json")
                || type.endsWith("+json");
    }

    /// Seconds, or a date (RFC 9110 section 10.2.3); null where it is neither.
    static @Nullable Duration retryAfter(String value) {
        if (value.matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration left = Duration.between(Instant.now(), then);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static String header(Response response, String name) {
        String value = response.header(name);
        return value == null ? "" : value.substring(0, Math.min(value.length(), MAX_HEADER));
    }

    private static String why(IOException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
