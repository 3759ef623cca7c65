package org.millrace.inference.grpc.infer;

import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.millrace.inference.Drawn;
import org.millrace.inference.http.ApiError;
import org.millrace.inference.http.EventStream;
import org.millrace.inference.http.Events;
import org.millrace.proto.inference.ModelInferResponse;

/// The answers to one request on their way to its caller. For one virtual thread.
final class RestAnswers {

    private final InferRequest<?> taken;
    private final Events events;
    private final HttpServerResponse out;
    private final EventStream stream;
    private final List<List<Drawn>> drawn = new ArrayList<>(); // by prompt: what was not sent
    private int left;

    RestAnswers(InferRequest<?> taken, Events events, HttpServerResponse out) {
        this.taken = taken;
        this.events = events;
        this.out = out;
        this.stream = new EventStream(out);
        this.left = taken.answers().size();
        taken.answers().forEach(answer -> drawn.add(new ArrayList<>()));
    }

    /// Sends all together, unless the caller leaves.
    void whole(Consumer<ModelInferResponse> send) throws InterruptedException {
        try {
            boolean open = true;
            while (open && left > 0) {
                open = listen(false);
            }
            if (open) {
                send.accept(taken.listed(drawn));
            }
        } finally {
            taken.cancel(); // of no effect on answers that have ended
        }
    }

    /// Sends the one answer in pieces, as events that a server sends (SSE): its first token and its last at once, those
    /// between each 20 ms.
    void inPieces() throws InterruptedException {
        try {
            boolean open = true;
            while (open && left > 0) {
                open = listen(true);
                if (open && !drawn.getFirst().isEmpty()) {
                    sendPiece();
                }
            }
            if (open) {
                stream.end();
            }
        } finally {
            taken.cancel();
        }
    }

    /// @return whether the caller waits for more: has not left, nor been told that nothing comes
    private boolean listen(boolean steadily) throws InterruptedException {
        try {
            for (Events.Event event : events.next(steadily).events()) {
                switch (event) {
                    case Events.Event.Token(int prompt, Drawn token) -> {
                        drawn.get(prompt).add(token);
                        left -= token.finish() == null ? 0 : 1;
                    }
                    case Events.Event.Broken(Throwable cause) -> {
                        fail(ApiError.of(cause));
                        return false;
                    }
                    case Events.Event.Left() -> {
                        return false;
                    }
                    case Events.Event.Begun _, Events.Event.Read _ -> {}
                }
            }
            return true;
        } catch (TimeoutException e) {
            fail(ApiError.of(e));
            return false;
        }
    }

    private void sendPiece() {
        stream.send(RestResponse.text(taken.listed(drawn)).toString());
        drawn.getFirst().clear();
    }

    private void fail(ApiError error) {
        if (stream.hasBegun()) {
            if (!drawn.getFirst().isEmpty()) { // what came before
                sendPiece();
            }
            stream.send(RestEndpoint.error(error.message()).toString());
            stream.end();
        } else {
            RestEndpoint.refuse(out, error);
        }
    }
}
