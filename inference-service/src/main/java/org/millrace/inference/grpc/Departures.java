package org.millrace.inference.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/// Knows when a caller hangs up or its deadline passes, and whether it reads. Of the former gRPC should tell, but
/// on the port that is shared with HTTP it does not: Vert.x (4.5.23) reports the reset of a stream to the
/// request, and a request whose answers are streamed has ended by then. So the stream itself is watched, and
/// the call finds its watch by a header that is set here, whatever the caller sent.
@ApplicationScoped
@GlobalInterceptor
public class Departures implements ServerInterceptor, Prioritized {

    /// Of its filter: the first.
    public static final int PRIORITY = Integer.MAX_VALUE;

    private static final String HEADER = "millrace-call";
    private static final Metadata.Key<String> CALL = Metadata.Key.of(HEADER, Metadata.ASCII_STRING_MARSHALLER);
    private static final Context.Key<CompletableFuture<Void>> DEPARTURE = Context.key("departure");
    private static final Context.Key<BooleanSupplier> READS = Context.key("reads");

    private final AtomicLong calls = new AtomicLong();
    private final Map<String, CompletableFuture<Void>> present = new ConcurrentHashMap<>();

    /// A call whose stream has closed must not be answered: headers for a stream that no longer is are a
    /// protocol error of HTTP/2, which closes the connection with every other call on it.
    ///
    /// Runs the action once the stream of the call that is being handled has closed, for whatever reason.
    public static void whenThisCallerLeaves(Runnable action) {
        CompletableFuture<Void> departure = DEPARTURE.get();
        if (departure == null) {
            throw new IllegalStateException("no watch on this call: is it one over HTTP/2?");
        }
        var unused = departure.thenRun(action);
    }

    /// Whether the stream of the call that is being handled has closed.
    public static boolean hasThisCallerLeft() {
        CompletableFuture<Void> departure = DEPARTURE.get();
        return departure != null && departure.isDone();
    }

    /// Tells at any time, on any thread, whether the call that is being handled now takes what it is sent: false while
    /// more waits for it than its stream holds.
    public static BooleanSupplier thisCallerReads() {
        return READS.get();
    }

    /// Runs the action once the stream of this call has closed. For filters behind this one.
    ///
    /// @return false, if the request is no gRPC call
    public static boolean whenItsStreamCloses(RoutingContext exchange, Runnable action) {
        CompletableFuture<Void> departure = exchange.get(HEADER);
        if (departure == null) {
            return false;
        }
        var unused = departure.thenRun(action);
        return true;
    }

    void watch(@Observes Filters filters) {
        filters.register(this::watch, PRIORITY);
    }

    void watch(RoutingContext exchange) {
        String type = exchange.request().getHeader("content-type");
        boolean isStream = exchange.request().version() == HttpVersion.HTTP_2;
        if (isStream && type != null && type.startsWith("application/grpc")) {
            String id = Long.toString(calls.incrementAndGet());
            var departure = new CompletableFuture<Void>();
            present.put(id, departure);
            exchange.put(HEADER, departure);
            exchange.request().headers().set(HEADER, id);
            exchange.response().closeHandler(closed -> {
                present.remove(id);
                departure.complete(null);
            });
        }
        exchange.next();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        CompletableFuture<Void> departure =
                present.getOrDefault(String.valueOf(headers.get(CALL)), CompletableFuture.completedFuture(null));
        Context context = Context.current().withValues(DEPARTURE, departure, READS, call::isReady);
        return Contexts.interceptCall(context, call, headers, next);
    }

    /// Outside the interceptor that changes to another thread, which carries the context over.
    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 100;
    }
}
