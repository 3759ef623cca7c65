package org.millrace.crawler.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import okhttp3.Dns;
import org.jspecify.annotations.Nullable;

/// The system's look-up of names with a deadline. The system's own may take a minute, cannot be
/// interrupted, and holds the thread that carries a virtual one.
///
/// Each name that is looked up has a thread of its own, and nobody waits for one: so names whose servers
/// are silent hold no other. Who asks for a name that is being looked up waits for the same answer.
final class NameLookup implements Dns {

    /// 64 requests at once that each give up after 5 s what takes the system a minute leave 768 behind. Beyond
    /// this look-ups are refused: [Busy].
    private static final int THREADS = 1_024;

    private final Dns system;
    private final Duration deadline;
    private final ConcurrentMap<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads;

    NameLookup(Dns system, Duration deadline) {
        this(
                system,
                deadline,
                THREADS,
                Thread.ofPlatform().daemon().name("crawler-names-", 0).factory());
    }

    NameLookup(Dns system, Duration deadline, int most, ThreadFactory factory) {
        this.system = system;
        this.deadline = deadline;
        threads = new ThreadPoolExecutor(0, most, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /// No thread was free to look the name up, which says nothing about its host. It may go better soon.
    static final class Busy extends UnknownHostException {
        private static final long serialVersionUID = 1L;

        Busy(String message, Throwable cause) {
            super(message);
            initCause(cause);
        }
    }

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        try {
            return underWay.computeIfAbsent(host, this::begin).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw unknown(host + ": no address within " + deadline, e);
        } catch (RejectedExecutionException e) {
            throw new Busy("%s: %d other names are being looked up".formatted(host, threads.getMaximumPoolSize()), e);
        } catch (OutOfMemoryError e) { // the system's word for no more threads
            throw new Busy(host + ": no thread can be started to look it up", e);
        } catch (ExecutionException e) {
            throw unknown(host, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unknown(host + ": interrupted", e);
        }
    }

    private CompletableFuture<List<InetAddress>> begin(String host) {
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                answer.complete(system.lookup(host));
            } catch (UnknownHostException | RuntimeException e) {
                answer.completeExceptionally(e);
            } finally {
                underWay.remove(host, answer);
            }
        });
        return answer;
    }

    private static UnknownHostException unknown(String why, @Nullable Throwable cause) {
        UnknownHostException unknown = new UnknownHostException(why);
        unknown.initCause(cause);
        return unknown;
    }
}
