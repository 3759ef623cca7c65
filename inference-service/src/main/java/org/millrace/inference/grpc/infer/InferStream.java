package org.millrace.inference.grpc.infer;

import io.grpc.Status;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.millrace.inference.Drawn;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Unserved;
import org.millrace.inference.grpc.Departures;
import org.millrace.inference.grpc.OwnThread;
import org.millrace.inference.grpc.Statuses;
import org.millrace.inference.http.Unread;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelStreamInferResponse;

/// The requests of one ModelStreamInfer. They are answered side by side, each in its order; a mistake in one is told in
/// its place and ends nothing. A caller who does not read ends all.
final class InferStream {

    /// Requests that may be open at the same time. No stream is slowed down on its way to us, so more of them would
    /// pile up here.
    private static final int MOST_AT_ONCE = 64;

    private final InferenceServer server;
    private final Unread unread = new Unread(Departures.thisCallerReads());
    private final Set<Runnable> leaving =
            ConcurrentHashMap.newKeySet(); // of open requests: what to do if the caller goes

    /// For the call that is being handled.
    InferStream(InferenceServer server) {
        this.server = server;
        Departures.whenThisCallerLeaves(() -> leaving.forEach(Runnable::run));
    }

    /// Answers the next request.
    void answer(ModelInferRequest request, MultiEmitter<? super ModelStreamInferResponse> out) {
        if (leaving.size() >= MOST_AT_ONCE) {
            refuse(
                    request,
                    Status.RESOURCE_EXHAUSTED.withDescription(
                            "stream: expected at most %d open requests, got one more".formatted(MOST_AT_ONCE)),
                    out);
            return;
        }
        var taken = new CompletableFuture<InferRequest<PiecedAnswer>>();
        Runnable leave = () -> {
            var unused = taken.thenAccept(InferStream::leave);
        };
        leaving.add(leave);
        Runnable end = () -> leaving.remove(leave);
        out.onTermination(() -> {
            end.run();
            leave.run();
        });
        OwnThread.run(() -> answer(request, taken, end, out), out::fail);
    }

    /// Of no effect on answers that have ended.
    private static void leave(InferRequest<PiecedAnswer> taken) {
        taken.cancel();
        taken.answers().forEach(PiecedAnswer::leave);
    }

    /// @param taken to be told of the request, once it is in order
    /// @param end makes room for the next request, before the caller can know that this one has ended
    private void answer(
            ModelInferRequest request,
            CompletableFuture<InferRequest<PiecedAnswer>> taken,
            Runnable end,
            MultiEmitter<? super ModelStreamInferResponse> out)
            throws InterruptedException {
        InferRequest<PiecedAnswer> asked;
        boolean streamed;
        try {
            InferInputs inputs = InferInputs.of(request);
            streamed = inputs.streamed();
            asked = server.take(request, inputs, prompt -> new PiecedAnswer());
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            end.run();
            refuse(request, InferenceEndpoint.refusal(e, "model_name"), out);
            return;
        }
        taken.complete(asked);
        send(asked, streamed, end, out);
    }

    private void send(
            InferRequest<PiecedAnswer> taken,
            boolean streamed,
            Runnable end,
            MultiEmitter<? super ModelStreamInferResponse> out)
            throws InterruptedException {
        List<List<Drawn>> whole = new ArrayList<>();
        for (PiecedAnswer answer : taken.answers()) {
            List<Drawn> drawn = new ArrayList<>();
            List<Throwable> failure = answer.pump(piece -> {
                drawn.addAll(piece);
                if (streamed) {
                    boolean last = piece.getLast().finish() != null;
                    if (last) {
                        end.run();
                    }
                    emit(streamed(taken.response(List.of(piece)), last), out);
                }
            });
            if (!failure.isEmpty()) {
                end.run();
                if (!(failure.getFirst() instanceof CancellationException)) { // who has gone gets no last word
                    emit(failed(taken.id(), Statuses.unanswered(failure.getFirst())), out);
                    out.complete();
                }
                taken.cancel();
                return;
            }
            whole.add(drawn);
        }
        if (!streamed) {
            end.run();
            emit(streamed(taken.response(whole), true), out);
        }
        out.complete();
    }

    private void refuse(ModelInferRequest request, Status status, MultiEmitter<? super ModelStreamInferResponse> out) {
        emit(failed(request.getId(), status), out);
        out.complete();
    }

    /// Nothing to who has gone: see [Departures].
    private void emit(ModelStreamInferResponse response, MultiEmitter<? super ModelStreamInferResponse> out) {
        if (Departures.hasThisCallerLeft()) {
            return;
        }
        if (unread.add(response.getSerializedSize())) {
            out.emit(response);
        } else {
            out.fail(Status.RESOURCE_EXHAUSTED
                    .withDescription("stream: expected a caller who reads, got one who is too far behind")
                    .asRuntimeException());
        }
    }

    private static ModelStreamInferResponse streamed(ModelInferResponse response, boolean last) {
        return ModelStreamInferResponse.newBuilder()
                .setInferResponse(marked(response, last))
                .build();
    }

    /// Clients tell by it that nothing more follows.
    private static ModelInferResponse marked(ModelInferResponse response, boolean last) {
        return response.toBuilder()
                .putParameters(
                        "triton_final_response",
                        InferParameter.newBuilder().setBoolParam(last).build())
                .build();
    }

    private static ModelStreamInferResponse failed(String id, Status status) {
        return ModelStreamInferResponse.newBuilder()
                .setErrorMessage("%s: %s".formatted(status.getCode(), String.valueOf(status.getDescription())))
                .setInferResponse(
                        marked(ModelInferResponse.newBuilder().setId(id).build(), true))
                .build();
    }
}
