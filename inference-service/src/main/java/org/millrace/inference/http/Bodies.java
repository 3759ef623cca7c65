package org.millrace.inference.http;

import io.opentelemetry.context.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Unserved;

/// The requests of an API that bring a body: of a type, of a size, and within a time. Each is answered on a virtual
/// thread of its own, and what is wrong is told in the API's form.
public final class Bodies {

    /// Answers one request.
    public interface Answer {

        /// @param events hear when the caller leaves
        void give(RoutingContext exchange, Buffer body, Events events)
                throws Unserved, Overloaded, TimeoutException, InterruptedException;
    }

    private static final Logger LOGGER = Logger.getLogger(Bodies.class);

    /// For a whole request, waiting in the queue included: as long as OpenAI's clients wait.
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /// For the body of a request to come in.
    private static final Duration ARRIVAL = Duration.ofSeconds(30);

    /// Bytes of a request: far above the text of any context that is served.
    private static final int MAX_BODY = 1 << 20;

    private final Router router;
    private final List<String> types;
    private final boolean untyped;
    private final BiConsumer<HttpServerResponse, ApiError> refuse;

    /// @param types of bodies, none of those that a form of another site can send
    /// @param untyped whether a body may come without a type, from whom is no page of a site
    /// @param refuse sends a refusal in the API's form
    public Bodies(Router router, List<String> types, boolean untyped, BiConsumer<HttpServerResponse, ApiError> refuse) {
        this.router = router;
        this.types = types;
        this.untyped = untyped;
        this.refuse = refuse;
    }

    /// From now on, requests by POST to that path.
    public void take(String path, Answer answer) {
        router.post(path).handler(this::checkType).handler(Bodies::limitArrival);
        router.post(path)
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
                .handler(exchange -> {
                    Buffer sent = exchange.body().buffer();
                    Buffer body = sent == null ? Buffer.buffer() : sent;
                    var events = new Events(PATIENCE, Events.Time.SYSTEM);
                    exchange.addEndHandler(ended -> events.leave()); // also if that is before anybody listens
                    Runnable answering = () -> give(exchange, body, events, answer);
                    Thread.ofVirtual().name("answers").start(Context.current().wrap(answering)); // with its span
                });
    }

    /// Refuses whatever else is asked at such a path, and what could not be read. To be called last.
    public void refuseOthers(String paths) {
        router.route(paths)
                .handler(exchange -> refuse.accept(
                        exchange.response(),
                        ApiError.mistake(
                                404,
                                "there is no %s %s"
                                        .formatted(exchange.request().method(), exchange.normalizedPath()))));
        router.route(paths).failureHandler(this::refuseUnread);
    }

    private void give(RoutingContext exchange, Buffer body, Events events, Answer answer) {
        HttpServerResponse out = exchange.response();
        try {
            answer.give(exchange, body, events);
        } catch (IllegalArgumentException | Unserved | Overloaded | TimeoutException e) {
            refuse.accept(out, ApiError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            out.reset();
        } catch (RuntimeException e) {
            LOGGER.errorf(e, "path=%s failed", exchange.normalizedPath());
            breakOff(out, e);
        } catch (Error e) {
            breakOff(out, e); // who waits must hear of it all the same
            throw e;
        }
    }

    private void breakOff(HttpServerResponse out, Throwable cause) {
        if (out.headWritten()) {
            out.reset();
        } else {
            refuse.accept(out, ApiError.of(cause));
        }
    }

    /// No page of another site can send one of the types without asking first. It can send none at all; but browsers
    /// tell the origin with every POST, and clients of Triton, which send none either, do not.
    private void checkType(RoutingContext exchange) {
        HttpServerRequest request = exchange.request();
        String type = request.getHeader("content-type");
        boolean fits = type == null
                ? untyped && request.getHeader("origin") == null
                : types.stream().anyMatch(type.toLowerCase(Locale.ROOT)::startsWith);
        if (!fits) {
            refuse.accept(
                    exchange.response(),
                    ApiError.mistake(
                            415, "content-type: expected %s, got %s".formatted(String.join(" or ", types), type)));
            return;
        }
        exchange.next();
    }

    private static void limitArrival(RoutingContext exchange) {
        long timer = exchange.vertx().setTimer(ARRIVAL.toMillis(), late -> {
            if (!exchange.request().isEnded()) {
                exchange.response().reset();
            }
        });
        exchange.addEndHandler(ended -> exchange.vertx().cancelTimer(timer));
        exchange.next();
    }

    /// What went wrong before anybody looked at the request.
    private void refuseUnread(RoutingContext exchange) {
        if (exchange.response().headWritten()) {
            exchange.response().reset();
        } else if (exchange.statusCode() == 413) {
            refuse.accept(
                    exchange.response(),
                    ApiError.mistake(413, "body: expected at most %d bytes, got more".formatted(MAX_BODY)));
        } else if (exchange.failure() != null) {
            LOGGER.errorf(exchange.failure(), "path=%s failed", exchange.normalizedPath());
            refuse.accept(exchange.response(), ApiError.of(exchange.failure()));
        } else {
            refuse.accept(
                    exchange.response(), ApiError.mistake(exchange.statusCode(), "the request could not be read"));
        }
    }
}
