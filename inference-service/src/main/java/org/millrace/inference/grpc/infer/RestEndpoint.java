package org.millrace.inference.grpc.infer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.http.ApiError;
import org.millrace.inference.http.Bodies;
import org.millrace.inference.http.Events;
import org.millrace.inference.http.Json;
import org.millrace.proto.inference.ModelInferRequest;

/// The protocol as JSON over HTTP, with Triton's extensions for binary tensors and for text (`generate`). Requests
/// become the messages of gRPC ([RestRequest]), and messages the responses ([RestResponse]).
@ApplicationScoped
class RestEndpoint {

    private static final List<String> MODEL =
            List.of("/v2/models/:model", "/v2/models/:model/versions/:version"); // without one: whichever is served

    private final InferenceServer server;

    RestEndpoint(InferenceServer server) {
        this.server = server;
    }

    void listen(@Observes Router router) {
        tell(router, "/v2", exchange -> RestResponse.of(server.metadata()));
        tell(router, "/v2/health/live", exchange -> object().put("live", true));
        router.get("/v2/health/ready").handler(this::tellReady);
        var bodies =
                new Bodies(router, List.of("application/json", "application/octet-stream"), true, RestEndpoint::refuse);
        for (String model : MODEL) {
            tell(router, model, exchange -> RestResponse.of(server.metadata(find(exchange))));
            router.get(model + "/ready").handler(this::tellModelReady);
            bodies.take(model + "/infer", this::infer);
            bodies.take(model + "/generate", this::generate);
            bodies.take(model + "/generate_stream", this::generateStream);
        }
        bodies.take("/v2/repository/index", this::index);
        bodies.refuseOthers("/v2/*");
    }

    /// What is known without waiting.
    private interface Known {
        JsonNode of(RoutingContext exchange) throws Unserved;
    }

    private static void tell(Router router, String path, Known known) {
        router.get(path).handler(exchange -> {
            try {
                Json.send(exchange.response(), 200, known.of(exchange));
            } catch (IllegalArgumentException | Unserved e) {
                refuse(exchange.response(), ApiError.of(e));
            }
        });
    }

    private void tellReady(RoutingContext exchange) {
        var unused = server.isReady()
                .subscribe()
                .with(
                        ready -> Json.send(
                                exchange.response(),
                                ready ? 200 : 503,
                                ready ? object().put("ready", true) : error("the server is not ready")),
                        exchange::fail);
    }

    private void tellModelReady(RoutingContext exchange) {
        HttpServerResponse out = exchange.response();
        try {
            Served served = find(exchange);
            String reason = server.whyNotReady(served);
            if (reason.isEmpty()) {
                Json.send(out, 200, object().put("name", served.name()).put("ready", true));
            } else {
                Json.send(out, 503, error(served.name() + " is not ready: " + reason));
            }
        } catch (IllegalArgumentException | Unserved e) {
            refuse(out, ApiError.of(e));
        }
    }

    private Served find(RoutingContext exchange) throws Unserved {
        return server.find(parameter(exchange, "model"), parameter(exchange, "version"));
    }

    /// Of the path, decoded; empty where it has none.
    private static String parameter(RoutingContext exchange, String name) {
        return exchange.pathParams().getOrDefault(name, "");
    }

    private void index(RoutingContext exchange, Buffer body, Events events) {
        boolean ready = body.length() > 0 && RestRequest.index(body);
        Json.send(exchange.response(), 200, RestResponse.of(server.index(ready)));
    }

    private void infer(RoutingContext exchange, Buffer body, Events events)
            throws Unserved, Overloaded, InterruptedException {
        String jsonLength = exchange.request().getHeader("inference-header-content-length");
        RestRequest asked = RestRequest.infer(named(exchange), body, jsonLength);
        InferInputs inputs = InferInputs.of(asked.message());
        if (inputs.streamed()) {
            throw new IllegalArgumentException("stream: expected false, as only generate_stream streams, got true");
        }
        HttpServerResponse out = exchange.response();
        new RestAnswers(server.take(asked.message(), inputs, events::from), events, out)
                .whole(response -> RestResponse.send(out, response, asked::isBinary));
    }

    private void generate(RoutingContext exchange, Buffer body, Events events)
            throws Unserved, Overloaded, InterruptedException {
        HttpServerResponse out = exchange.response();
        new RestAnswers(takeText(exchange, body, false, events), events, out)
                .whole(response -> Json.send(out, 200, RestResponse.text(response)));
    }

    private void generateStream(RoutingContext exchange, Buffer body, Events events)
            throws Unserved, Overloaded, InterruptedException {
        new RestAnswers(takeText(exchange, body, true, events), events, exchange.response()).inPieces();
    }

    private InferRequest<?> takeText(RoutingContext exchange, Buffer body, boolean streamed, Events events)
            throws Unserved, Overloaded {
        try {
            ModelInferRequest message = RestRequest.generate(named(exchange), body, streamed);
            return server.take(message, InferInputs.of(message), events::from);
        } catch (IllegalArgumentException e) {
            throw RestRequest.asGenerateHasIt(e);
        }
    }

    private static ModelInferRequest.Builder named(RoutingContext exchange) {
        return ModelInferRequest.newBuilder()
                .setModelName(parameter(exchange, "model"))
                .setModelVersion(parameter(exchange, "version"));
    }

    static void refuse(HttpServerResponse out, ApiError refusal) {
        if (refusal.status() == 429) {
            out.putHeader("retry-after", "1");
        }
        Json.send(out, refusal.status(), error(RestRequest.asInferHasIt(refusal.message())));
    }

    static ObjectNode error(String message) {
        return object().put("error", message);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
