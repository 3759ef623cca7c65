package org.millrace.crawler.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import okhttp3.Dns;
import org.jspecify.annotations.Nullable;

/// The system's look-up of names with a deadline. The system's own may take a minute, cannot be
/// interrupted, and holds the thread that carries a virtual one.
final class NameLookup implements Dns {

    /// Names whose servers are silent hold one each until the system gives up.
    private static final int THREADS = 32;

    private final Dns system;
    private final Duration deadline;
    private final ThreadPoolExecutor threads;

    NameLookup(Dns system, Duration deadline) {
        this.system = system;
        this.deadline = deadline;
        threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("crawler-names-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        Future<List<InetAddress>> answer = threads.submit(() -> system.lookup(host));
        try {
            return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw unknown(host + ": no address within " + deadline, e);
        } catch (ExecutionException e) {
            throw unknown(host, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unknown(host + ": interrupted", e);
        } finally {
            answer.cancel(true);
        }
    }

    private static UnknownHostException unknown(String why, @Nullable Throwable cause) {
        UnknownHostException unknown = new UnknownHostException(why);
        unknown.initCause(cause);
        return unknown;
    }
}
