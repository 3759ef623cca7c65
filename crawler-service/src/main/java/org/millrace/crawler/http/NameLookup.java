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
    /// this look-ups fail at once; they may go better later.
    private static final int THREADS = 1_024;

    private final Dns system;
    private final Duration deadline;
    private final ConcurrentMap<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("crawler-names-", 0).factory());

    NameLookup(Dns system, Duration deadline) {
        this.system = system;
        this.deadline = deadline;
    }

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        try {
            return underWay.computeIfAbsent(host, this::begin).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw unknown(host + ": no address within " + deadline, e);
        } catch (RejectedExecutionException e) {
            throw unknown("%s: %d other names are being looked up".formatted(host, THREADS), e);
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
