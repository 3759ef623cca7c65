package org.millrace.inference.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.millrace.inference.grpc.Departures;

/// All requests on the port, HTTP's and gRPC's: so that the process ends behind the last byte of the last answer.
@ApplicationScoped
public class Exchanges {

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

    private void watch(RoutingContext exchange) {
        if (exchange.normalizedPath().startsWith("/grpc.")) {
            exchange.next(); // streams of reflection and health last as long as their callers like
            return;
        }
        open.incrementAndGet(); // before the look at what close() writes first: it waits for this one, or it is refused
        if (!Departures.whenItsStreamCloses(exchange, open::decrementAndGet)) {
            exchange.addEndHandler(ended -> open.decrementAndGet());
        }
        if (closing) {
            exchange.response()
                    .setStatusCode(503)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                    .end("the server stops and takes no requests: ask another one\n");
        } else {
            exchange.next();
        }
    }
}
