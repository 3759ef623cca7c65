package org.millrace.crawler.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Version;

/// Requests over HTTP/1.1 and HTTP/2. Nothing that a server does can take more than the time, the bytes
/// and the one connection that it is given.
///
/// Since a host is asked by one worker at a time, the pool keeps one connection to it.
public final class OkFetcher implements Fetcher, AutoCloseable {

    /// What an encoded body may be longer than the longest decoded one: encodings of noise grow a little.
    private static final int ENCODING_SLACK = 64 * 1024;

    /// Header, chunk sizes and TLS around the longest body.
    private static final long FRAMING = 1 << 20;

    /// Bytes of a body.
    private static final int FIRST_STEP = 16 * 1024;

    /// What the system takes for a name at most: until then some look-up that is under way has ended.
    private static final Duration NAMES_PATIENCE = Duration.ofMinutes(1);

    private static final Duration NAMES_PAUSE = Duration.ofMillis(100);

    private final OkHttpClient client;
    private final String userAgent;
    private final Reach reach;
    private final Consumer<Duration> took;
    private final AtomicLong longestAnswer = new AtomicLong(FRAMING);

    /// @param userAgent product token, version and contact
    /// @param allowPrivate private addresses and any port may be connected to
    /// @param took told of the duration of each request
    public OkFetcher(String userAgent, boolean allowPrivate, TimeLimits limits, Consumer<Duration> took) {
        this(userAgent, new Reach(allowPrivate, Reach.WEB), limits, took);
    }

    /// @param userAgent product token, version and contact
    /// @param took told of the duration of each request
    public OkFetcher(String userAgent, Reach reach, TimeLimits limits, Consumer<Duration> took) {
        this(userAgent, reach, limits, took, Dns.SYSTEM, _ -> false, client -> client);
    }

    /// @param names looks names up
    /// @param exempt what may be connected to though it is private
    /// @param tuning the last word about the client
    OkFetcher(
            String userAgent,
            Reach reach,
            TimeLimits limits,
            Consumer<Duration> took,
            Dns names,
            Predicate<InetSocketAddress> exempt,
            UnaryOperator<OkHttpClient.Builder> tuning) {
        this(userAgent, reach, limits, took, new NameLookup(names, limits.connect()), exempt, tuning);
    }

    OkFetcher(
            String userAgent,
            Reach reach,
            TimeLimits limits,
            Consumer<Duration> took,
            NameLookup timely,
            Predicate<InetSocketAddress> exempt,
            UnaryOperator<OkHttpClient.Builder> tuning) {
        this.userAgent = userAgent;
        this.reach = reach;
        this.took = took;
        Predicate<InetSocketAddress> allowed =
                target -> reach.privateToo() || AddressGuard.isPublic(target.getAddress()) || exempt.test(target);
        client = tuning.apply(new OkHttpClient.Builder()
                        .dns(reach.privateToo() ? timely : new AddressGuard(timely))
                        .socketFactory(WireSocket.factory(allowed, longestAnswer::get))
                        .proxy(Proxy.NO_PROXY) // a proxy would look names up where no guard stands
                        .followRedirects(false)
                        .followSslRedirects(false)
                        .retryOnConnectionFailure(true) // a kept connection that the server closed meanwhile
                        .addNetworkInterceptor(OkFetcher::askedOnce)
                        .eventListener(new HeaderCheck())
                        .connectTimeout(limits.connect())
                        .readTimeout(limits.read())
                        .writeTimeout(limits.read())
                        .callTimeout(limits.call())
                        .connectionPool(new ConnectionPool(256, 30, TimeUnit.SECONDS)))
                .build();
    }

    /// @param connect for the look-up of the name, again for the TCP connection, and again for TLS
    /// @param read between two packets
    /// @param call from the look-up of the name to the last byte
    public record TimeLimits(Duration connect, Duration read, Duration call) {}

    @Override
    public Fetch fetch(NormalUrl url, Wanted wanted) {
        if (!reach.allowsPort(url.port())) {
            return new Fetch.Failed(
                    "port %d: refused, expected one of %s"
                            .formatted(
                                    url.port(), reach.ports().stream().sorted().toList()),
                    false);
        }
        HttpUrl parsed = HttpUrl.Companion.parse(url.toString());
        if (parsed == null || !isSame(url, parsed)) {
            return new Fetch.Failed("the HTTP client does not take this URL", false);
        }
        longestAnswer.accumulateAndGet(wanted.maxBytes() + FRAMING, Math::max);
        long first = System.nanoTime();
        while (true) {
            try {
                return fetch(url, client.newCall(request(parsed, wanted.known())), wanted);
            } catch (NameLookup.Busy e) {
                if (System.nanoTime() - first > NAMES_PATIENCE.toNanos() || isInterruptedIn(NAMES_PAUSE)) {
                    return new Fetch.Failed(why(e), true);
                }
            }
        }
    }

    private static boolean isInterruptedIn(Duration pause) {
        try {
            Thread.sleep(pause);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private Fetch fetch(NormalUrl url, Call call, Wanted wanted) throws NameLookup.Busy {
        long start = System.nanoTime();
        try (Response response = call.execute()) {
            return outcome(url, response, wanted);
        } catch (AddressGuard.RefusedAddress | ContentCoding.Unknown | HeaderCheck.Refused e) {
            return new Fetch.Failed(why(e), false);
        } catch (NameLookup.Busy e) {
            throw e;
        } catch (UnknownHostException e) {
            return new Fetch.Failed("no address is known for " + url.host(), true);
        } catch (InterruptedIOException e) {
            return new Fetch.Failed("no whole answer in time: " + why(e), true);
        } catch (IOException e) {
            return failed(e);
        } catch (RuntimeException e) {
            // OkHttp takes some answers for errors of its caller. None may end this process.
            call.cancel();
            return new Fetch.Failed("the answer is no HTTP: " + why(e), false);
        } finally {
            took.accept(Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /// Closes what is kept open to hosts. Requests under way end by themselves.
    @Override
    public void close() {
        client.connectionPool().evictAll();
    }

    int openConnections() {
        return client.connectionPool().connectionCount();
    }

    /// The guard and the queue of the host go by the one parse of [NormalUrl]; whoever reads another host
    /// in the same text is not asked to connect.
    private static boolean isSame(NormalUrl url, HttpUrl parsed) {
        String host =
                url.host().startsWith("[") ? url.host().substring(1, url.host().length() - 1) : url.host();
        return parsed.host().equals(host)
                && parsed.port() == url.port()
                && parsed.scheme().equals(url.scheme());
    }

    /// OkHttp asks again by itself, at once, after 408, and after 503 that asks for no pause: requests that no
    /// queue knows of. It does not where the server asks for a pause, so here every such server does; and
    /// none for longer than OkHttp can count, which it takes for a mistake of its caller.
    static Response askedOnce(Interceptor.Chain chain) throws IOException {
        Response answer = chain.proceed(chain.request());
        String pause = String.valueOf(answer.header("Retry-After"));
        if (answer.code() == 408 || (answer.code() == 503 && pause.matches("0+"))) {
            return answer.newBuilder().header("Retry-After", "1").build();
        }
        return pause.matches(RetryAfter.BEYOND)
                ? answer.newBuilder().header("Retry-After", RetryAfter.LONGEST).build()
                : answer;
    }

    private Request request(HttpUrl url, Version known) {
        Request.Builder request = new Request.Builder()
                .url(url)
                .header("User-Agent", userAgent)
                .header("Accept", "text/html,application/xhtml+xml;q=0.9,text/*;q=0.8,*/*;q=0.5")
                .header("Accept-Encoding", ContentCoding.ACCEPTED);
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
        Headers headers = headers(response);
        return switch (status / 100) {
            case 2 -> fetched(response, headers, wanted);
            case 3 -> moved(url, status, headers, wanted);
            default -> new Fetch.HttpError(status, RetryAfter.read(headers.first("Retry-After")));
        };
    }

    private static Fetch moved(NormalUrl url, int status, Headers headers, Wanted wanted) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> {
                String location = headers.first("Location");
                yield url.resolve(location)
                        .filter(to -> !location.isEmpty())
                        .<Fetch>map(to -> new Fetch.Redirected(status, to))
                        .orElse(new Fetch.Failed("status %d without a usable Location".formatted(status), false));
            }
            case 304 ->
                wanted.known().equals(Version.UNKNOWN)
                        ? new Fetch.HttpError(status, null)
                        : new Fetch.Unchanged(headers);
            default -> new Fetch.HttpError(status, null);
        };
    }

    private static Fetch fetched(Response response, Headers headers, Wanted wanted) throws IOException {
        if (wanted.textOnly() && !isText(headers.contentType())) {
            return new Fetch.Failed("content type %s is no text".formatted(headers.contentType()), false);
        }
        List<String> codings = ContentCoding.names(headers.all("Content-Encoding"));
        try (ResponseBody body = response.body();
                InputStream in =
                        ContentCoding.decoded(body.byteStream(), codings, (long) wanted.maxBytes() + ENCODING_SLACK)) {
            if (!wanted.start() && codings.isEmpty() && body.contentLength() > wanted.maxBytes()) {
                return tooLong(wanted);
            }
            byte[] bytes = read(in, wanted);
            if (!wanted.start() && bytes.length == wanted.maxBytes() && in.read() >= 0) {
                return tooLong(wanted);
            }
            return new Fetch.Fetched(response.code(), bytes, headers);
        }
    }

    /// In steps that double, each with room made for it: for what is read, its next step, and both together.
    private static byte[] read(InputStream in, Wanted wanted) throws IOException {
        int limit = Math.min(FIRST_STEP, wanted.maxBytes());
        makeRoom(wanted, 3L * limit);
        byte[] bytes = in.readNBytes(limit);
        while (bytes.length == limit && limit < wanted.maxBytes()) {
            int next = Math.min(2 * limit, wanted.maxBytes());
            makeRoom(wanted, 3L * next);
            byte[] more = in.readNBytes(next - limit);
            bytes = Arrays.copyOf(bytes, limit + more.length);
            System.arraycopy(more, 0, bytes, limit, more.length);
            limit = next;
        }
        return bytes;
    }

    private static void makeRoom(Wanted wanted, long bytes) throws IOException {
        if (!wanted.heap().holds(bytes)) {
            throw new TooLarge(bytes);
        }
        try {
            if (!wanted.heap().grow(bytes)) {
                throw new IOException("no memory was free for the body in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for memory");
        }
    }

    /// A body that there is never room for.
    private static final class TooLarge extends IOException {

        private static final long serialVersionUID = 1;

        TooLarge(long bytes) {
            super("body: reading it would take %d MiB of memory".formatted(bytes >> 20));
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

    /// Decoders wrap what they were told by the stream below them.
    private static Fetch.Failed failed(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ContentCoding.TooLong || cause instanceof TooLarge) {
                return new Fetch.Failed(why(cause), false);
            }
        }
        return new Fetch.Failed(why(e), true);
    }

    private static String why(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
