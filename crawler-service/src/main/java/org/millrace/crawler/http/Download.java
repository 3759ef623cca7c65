package org.millrace.crawler.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Call;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.web.NormalUrl;

/// A file on the web as a stream, however long it takes: a connection that breaks is made again, and the
/// server asked for the rest. Never more of it is in memory than a buffer.
///
/// A server that sends less than [#LEAST] in an hour of waiting for it is given up.
///
/// Not for pages: a download is not polite to anybody, and its size has no limit. The addresses are
/// guarded as those of pages are.
public final class Download extends InputStream {

    /// In a row, without a byte between them.
    private static final int MAX_BREAKS = 5;

    /// Bytes that count as progress.
    private static final long LEAST = 1 << 20;

    /// Spent here, not by whoever reads: connecting, reading and pausing until [#LEAST] bytes have come.
    private static final Duration PATIENCE = Duration.ofHours(1);

    private static final Duration PAUSE = Duration.ofMillis(500);

    /// Longest `Retry-After` that is waited for.
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18})");

    private final OkHttpClient client;
    private final String url;
    private final String userAgent;
    private final Sleeper sleeper;
    private final LongSupplier nanos;
    private @Nullable Response response;
    private @Nullable InputStream body;
    private String version = "";
    private long position;

    /// Bytes of the whole file; -1 while nobody has told.
    private long total = -1;

    private long spent;
    private long progress;

    private Download(OkHttpClient client, NormalUrl url, String userAgent, Sleeper sleeper, LongSupplier nanos) {
        this.client = client;
        this.url = url.toString();
        this.userAgent = userAgent;
        this.sleeper = sleeper;
        this.nanos = nanos;
    }

    /// Waits between two tries.
    @FunctionalInterface
    interface Sleeper {
        void sleep(Duration time) throws InterruptedException;
    }

    /// @param limits all but the one for the whole call
    public static Download of(NormalUrl url, String userAgent, Reach reach, OkFetcher.TimeLimits limits)
            throws IOException {
        return of(url, userAgent, reach, limits, Thread::sleep, System::nanoTime);
    }

    /// @param nanos a clock that only counts
    static Download of(
            NormalUrl url,
            String userAgent,
            Reach reach,
            OkFetcher.TimeLimits limits,
            Sleeper sleeper,
            LongSupplier nanos)
            throws IOException {
        Dns names = new NameLookup(Dns.SYSTEM, limits.connect());
        OkHttpClient client = new OkHttpClient.Builder()
                .dns(reach.privateToo() ? names : new AddressGuard(names))
                .socketFactory(WireSocket.factory(
                        target -> reach.privateToo() // of each connection, redirected ones too
                                || (reach.allowsPort(target.getPort()) && AddressGuard.isPublic(target.getAddress())),
                        () -> Long.MAX_VALUE))
                .proxy(Proxy.NO_PROXY) // a proxy would look names up where no guard stands
                .addNetworkInterceptor(OkFetcher::askedOnce)
                .eventListener(new HeaderCheck())
                .connectTimeout(limits.connect())
                .readTimeout(limits.read())
                .writeTimeout(limits.read())
                .build();
        Download download = new Download(client, url, userAgent, sleeper, nanos);
        download.read(new byte[0], 0, 0); // who asks for what is not there hears of it at once
        return download;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        for (int breaks = 0; ; breaks++) {
            long start = nanos.getAsLong();
            try {
                InputStream open = body;
                if (open == null) {
                    open = connect();
                }
                int count = open.read(target, offset, length);
                position += Math.max(0, count);
                spend(nanos.getAsLong() - start);
                return count;
            } catch (Refused | AddressGuard.RefusedAddress e) {
                throw e;
            } catch (IOException e) {
                close();
                if (breaks == MAX_BREAKS) {
                    throw e;
                }
                pause(breaks, e instanceof Busy busy ? busy.retryAfter : Duration.ZERO);
                spend(nanos.getAsLong() - start);
            }
        }
    }

    @Override
    public void close() {
        if (response != null) {
            response.close();
        }
        response = null;
        body = null;
    }

    private InputStream connect() throws IOException {
        Request.Builder request = new Request.Builder()
                .url(url)
                .header("User-Agent", userAgent)
                .header("Accept-Encoding", "identity"); // the bytes of the file, gzipped or not
        if (position > 0) {
            request.header("Range", "bytes=%d-".formatted(position));
            if (!version.isEmpty()) {
                request.header("If-Range", version);
            }
        }
        Response answer = execute(request.build());
        response = answer;
        int wanted = position == 0 ? 200 : 206;
        if (answer.code() != wanted) {
            close();
            boolean passing = answer.code() == 429 || answer.code() >= 500;
            String what = "%s: expected status %d, got %d".formatted(url, wanted, answer.code());
            throw passing
                    ? new Busy(what, RetryAfter.read(String.valueOf(answer.header("Retry-After"))))
                    : new Refused(what);
        }
        if (position == 0) {
            String etag = answer.header("ETag", "");
            version = etag == null || etag.startsWith("W/") ? "" : etag;
            total = answer.body().contentLength();
        } else {
            check(answer);
        }
        InputStream open = answer.body().byteStream();
        body = open;
        return open;
    }

    private void spend(long time) throws Refused {
        spent += time;
        if (position - progress >= LEAST) {
            progress = position;
            spent = 0;
        } else if (spent > PATIENCE.toNanos()) {
            throw new Refused("%s: expected at least %d bytes in %s, got %d"
                    .formatted(url, LEAST, PATIENCE, position - progress));
        }
    }

    /// Without a strong version the numbers alone tell that the rest is of the same file.
    private void check(Response rest) throws IOException {
        String range = String.valueOf(rest.header("Content-Range"));
        Matcher matcher = RANGE.matcher(range);
        boolean fits = matcher.matches()
                && Long.parseLong(matcher.group(1)) == position
                && (total < 0 || Long.parseLong(matcher.group(2)) == total);
        if (!fits) {
            close();
            throw new Refused("%s: expected the bytes from %d%s, got %s"
                    .formatted(url, position, total < 0 ? "" : " of " + total, range));
        }
    }

    private Response execute(Request request) throws IOException {
        Call call = client.newCall(request);
        try {
            return call.execute();
        } catch (RuntimeException e) { // OkHttp takes some answers for errors of its caller
            call.cancel();
            throw new Refused("%s: the answer is no HTTP: %s".formatted(url, e.getMessage()), e);
        }
    }

    private void pause(int breaks, Duration asked) throws IOException {
        Duration own = PAUSE.multipliedBy(1L << breaks);
        Duration honoured = asked.compareTo(LONGEST_PAUSE) < 0 ? asked : LONGEST_PAUSE;
        try {
            sleeper.sleep(honoured.compareTo(own) > 0 ? honoured : own);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("interrupted", e);
        }
    }

    /// The server has the file, and no time.
    private static final class Busy extends IOException {
        private static final long serialVersionUID = 1L;

        private final Duration retryAfter;

        Busy(String message, @Nullable Duration retryAfter) {
            super(message);
            this.retryAfter = retryAfter == null ? Duration.ZERO : retryAfter;
        }
    }

    /// Another try would go no better.
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }

        Refused(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
