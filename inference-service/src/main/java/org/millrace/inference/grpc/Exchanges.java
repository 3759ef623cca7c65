package org.millrace.inference.grpc;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc;

/// All requests on the port, gRPC's and HTTP's: so that the process ends behind the last answer.
@ApplicationScoped
public class Exchanges {

    private static final String MODEL_STREAM =
            "/" + GRPCInferenceServiceGrpc.getModelStreamInferMethod().getFullMethodName();

    private static final Duration CHECK = Duration.ofMillis(5);

    private final AtomicInteger open = new AtomicInteger();
    private volatile boolean closing;

    /// Answers requests from now on with 503, which clients of gRPC read as `UNAVAILABLE`, and waits for those under
    /// way; not interruptible.
    ///
    /// @return false if some were under way all the time
    public boolean close(Duration patience) {
        closing = true;
        long end = System.nanoTime() + patience.toNanos();
        while (open.get() > 0) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            LockSupport.parkNanos(CHECK.toNanos());
        }
        return true;
    }

    void watch(@Observes Filters filters) {
        filters.register(this::watch, Departures.PRIORITY - 1);
    }

    void watch(RoutingContext exchange) {
        Runnable end = count(exchange);
        if (!closing) { // read after the request was counted: close() waits for it, or it is refused
            exchange.next();
            return;
        }
        end.run();
        exchange.response()
                .setStatusCode(503)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                .end("the server stops and takes no requests: ask another one\n");
    }

    /// @return what makes it count no longer; of no effect the second time
    private Runnable count(RoutingContext exchange) {
        if (lastsAsItsCallerLikes(exchange.normalizedPath())) {
            return () -> {};
        }
        open.incrementAndGet();
        var counts = new AtomicBoolean(true);
        Runnable end = () -> {
            if (counts.compareAndSet(true, false)) {
                open.decrementAndGet();
            }
        };
        if (!Departures.whenItsStreamCloses(exchange, end)) {
            exchange.addEndHandler(ended -> end.run());
        }
        return end;
    }

    /// Streams of reflection and health, and the one that many requests of the Open Inference Protocol share.
    private static boolean lastsAsItsCallerLikes(String path) {
        return path.startsWith("/grpc.") || path.equals(MODEL_STREAM);
    }
}
