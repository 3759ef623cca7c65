package org.millrace.inference.grpc;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;
import org.millrace.drain.Turnstile;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc;

/// All requests on the port, gRPC's and HTTP's: so that the process ends behind the last answer.
@ApplicationScoped
public class Exchanges {

    private static final String MODEL_STREAM =
            "/" + GRPCInferenceServiceGrpc.getModelStreamInferMethod().getFullMethodName();

    private final Turnstile turnstile = new Turnstile();

    /// Answers requests from now on with 503, which clients of gRPC read as `UNAVAILABLE`, and waits for those under
    /// way; not interruptible.
    ///
    /// @return false if some were under way all the time
    public boolean close(Duration patience) {
        return turnstile.close(patience) == 0;
    }

    void watch(@Observes Filters filters) {
        filters.register(this::watch, Departures.PRIORITY - 1);
    }

    void watch(RoutingContext exchange) {
        Optional<Turnstile.Pass> pass = turnstile.enter(!lastsAsItsCallerLikes(exchange.normalizedPath()));
        if (pass.isEmpty()) {
            refuse(exchange);
            return;
        }
        Runnable leave = pass.get()::leave;
        if (!Departures.whenItsStreamCloses(exchange, leave)) {
            exchange.addEndHandler(ended -> leave.run());
        }
        exchange.next();
    }

    private static void refuse(RoutingContext exchange) {
        exchange.response()
                .setStatusCode(503)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                .end("the server stops and takes no requests: ask another one\n");
    }

    /// Streams of reflection and health, and the one that many requests of the Open Inference Protocol share.
    private static boolean lastsAsItsCallerLikes(String path) {
        return path.startsWith("/grpc.") || path.equals(MODEL_STREAM);
    }
}
