package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.opentelemetry.context.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.millrace.inference.Models;
import org.millrace.inference.Overloaded;
import org.millrace.inference.RecentAnswers;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.http.RequestMetrics.Watch;

/// OpenAI's face of [Models], on the same port as the others: `/v1/chat/completions`, `/v1/completions` and
/// `/v1/models`. The same engines as gRPC's, so the same seed draws the same tokens. Beside it `/v1/feedback`, which
/// is [Feedback]'s.
@ApplicationScoped
class OpenAiEndpoint {

    private static final Logger LOGGER = Logger.getLogger(OpenAiEndpoint.class);

    /// For a whole request, waiting in the queue included: as long as OpenAI's clients wait.
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /// For the body of a request to come in.
    private static final Duration ARRIVAL = Duration.ofSeconds(30);

    /// Bytes of a request: far above the text of any context that is served.
    private static final int MAX_BODY = 1 << 20;

    private final Models models;
    private final RequestMetrics metrics;
    private final RecentAnswers kept;
    private final Feedback feedback;

    OpenAiEndpoint(Models models, RequestMetrics metrics, RecentAnswers kept, Feedback feedback) {
        this.models = models;
        this.metrics = metrics;
        this.kept = kept;
        this.feedback = feedback;
    }

    void listen(@Observes Router router) {
        accept(router, "/v1/chat/completions", Ask::chat);
        accept(router, "/v1/completions", Ask::completion);
        take(router, "/v1/feedback", (exchange, body) -> Thread.ofVirtual()
                .name("feedback")
                .start(() -> feedback.answer(exchange, body)));
        router.get("/v1/models").handler(exchange -> Json.send(exchange.response(), 200, list()));
        router.get("/v1/models/:model").handler(this::model);
        router.route("/v1/*")
                .handler(exchange -> Json.send(
                        exchange.response(),
                        ApiError.mistake(
                                404,
                                "there is no %s %s"
                                        .formatted(exchange.request().method(), exchange.normalizedPath()))));
        router.route("/v1/*").failureHandler(OpenAiEndpoint::refuse);
    }

    private void accept(Router router, String path, Function<Fields, Ask> read) {
        take(router, path, (exchange, body) -> {
            var events = new Events(PATIENCE, Events.Time.SYSTEM);
            exchange.addEndHandler(ended -> events.leave()); // also if that is before anybody listens
            Runnable answering = () -> answer(exchange, body, read, events);
            Thread.ofVirtual().name("answers").start(Context.current().wrap(answering)); // and its span with it
        });
    }

    /// Takes JSON of a size and within a time.
    ///
    /// @param taker gets the body, on the event loop
    private static void take(Router router, String path, BiConsumer<RoutingContext, String> taker) {
        router.post(path).handler(OpenAiEndpoint::checkType).handler(OpenAiEndpoint::limitArrival);
        router.post(path)
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
                .handler(exchange -> {
                    Buffer body = exchange.body().buffer();
                    try {
                        taker.accept(exchange, body == null ? "" : text(body));
                    } catch (CharacterCodingException e) {
                        Json.send(
                                exchange.response(),
                                ApiError.mistake(
                                        400,
                                        "body: expected UTF-8, got %d bytes that are not".formatted(body.length())));
                    }
                });
    }

    /// Strictly: what is no text must not become another one.
    private static String text(Buffer body) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(body.getBytes()))
                .toString();
    }

    /// No other site's form can send this type without asking first.
    private static void checkType(RoutingContext exchange) {
        String type = exchange.request().getHeader("content-type");
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            Json.send(
                    exchange.response(), ApiError.mistake(415, "content-type: expected application/json, got " + type));
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
    private static void refuse(RoutingContext exchange) {
        if (exchange.response().headWritten()) {
            exchange.response().reset();
        } else if (exchange.statusCode() == 413) {
            Json.send(
                    exchange.response(),
                    ApiError.mistake(413, "body: expected at most %d bytes, got more".formatted(MAX_BODY)));
        } else if (exchange.failure() != null) {
            LOGGER.errorf(exchange.failure(), "path=%s failed", exchange.normalizedPath());
            Json.send(exchange.response(), ApiError.of(exchange.failure()));
        } else {
            Json.send(exchange.response(), ApiError.mistake(exchange.statusCode(), "the request could not be read"));
        }
    }

    private void answer(RoutingContext exchange, String body, Function<Fields, Ask> read, Events events) {
        HttpServerResponse out = exchange.response();
        try {
            Fields request = Json.read(body);
            Ask ask = read.apply(request);
            boolean keep = request.flag("store");
            Served served;
            List<Watch> watches;
            do { // once more if a newer version took over just now
                served = models.take(ask.model());
                watches = ask.watches(served, metrics, events);
            } while (!served.engine()
                    .submit(watches.stream().map(Watch::generation).toList()));
            List<Watch> taken = watches;
            try {
                List<int[]> prompts =
                        taken.stream().map(watch -> watch.generation().prompt()).toList();
                Reply reply = Reply.to(ask, served, prompts);
                new Replying(reply, events, out, keep ? witness(reply, taken) : Witness.NOBODY).run();
            } finally {
                taken.forEach(Watch::leave); // of no effect on answers that have ended
            }
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            Json.send(out, ApiError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            out.reset();
        } catch (RuntimeException e) {
            LOGGER.errorf(e, "path=%s failed", exchange.normalizedPath());
            if (out.headWritten()) {
                out.reset();
            } else {
                Json.send(out, ApiError.of(e));
            }
        }
    }

    /// Of a chat: what was no conversation cannot be ranked as one.
    private Witness witness(Reply reply, List<Watch> watches) {
        return reply.ask().prompts().getFirst() instanceof Messages messages
                ? new Recording(
                        reply, messages.turns(), watches.getFirst().generation().prompt(), kept)
                : Witness.NOBODY;
    }

    private ObjectNode list() {
        ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
        var data = list.putArray("data");
        models.all().forEach(served -> data.add(describe(served)));
        return list;
    }

    private void model(RoutingContext exchange) {
        try {
            Json.send(
                    exchange.response(),
                    200,
                    describe(models.find(exchange.pathParams().getOrDefault("model", ""))));
        } catch (Unserved e) {
            Json.send(exchange.response(), ApiError.of(e));
        }
    }

    /// OpenAI's four fields, and what ours have besides.
    private static ObjectNode describe(Served served) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", served.name())
                .put("object", "model")
                .put("created", served.since().getEpochSecond())
                .put("owned_by", "millrace")
                .put("version", served.version())
                .put("stage", served.publication().stage())
                .put("max_model_len", served.config().context())
                .put("precision", served.precision().label());
    }
}
