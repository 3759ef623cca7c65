package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.function.Function;
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
        var bodies = new Bodies(router, List.of("application/json"), false, Json::send);
        bodies.take("/v1/chat/completions", (exchange, body, events) -> answer(exchange, body, Ask::chat, events));
        bodies.take("/v1/completions", (exchange, body, events) -> answer(exchange, body, Ask::completion, events));
        bodies.take("/v1/feedback", (exchange, body, events) -> feedback.answer(exchange.response(), body));
        router.get("/v1/models").handler(exchange -> Json.send(exchange.response(), 200, list()));
        router.get("/v1/models/:model").handler(this::model);
        bodies.refuseOthers("/v1/*");
    }

    private void answer(RoutingContext exchange, Buffer body, Function<Fields, Ask> read, Events events)
            throws Unserved, Overloaded, InterruptedException {
        Fields request = Json.read(body);
        Ask ask = read.apply(request);
        boolean keep = request.flag("store");
        Served served;
        List<Watch> watches;
        do { // once more if a newer version took over just now
            served = models.take(ask.model());
            watches = ask.watches(served, metrics, events);
        } while (!served.engine().submit(watches.stream().map(Watch::generation).toList()));
        List<Watch> taken = watches;
        try {
            List<int[]> prompts =
                    taken.stream().map(watch -> watch.generation().prompt()).toList();
            Reply reply = Reply.to(ask, served, prompts);
            new Replying(reply, events, exchange.response(), keep ? witness(reply, taken) : Witness.NOBODY).run();
        } finally {
            taken.forEach(Watch::leave); // of no effect on answers that have ended
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
