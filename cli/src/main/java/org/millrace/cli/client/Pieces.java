package org.millrace.cli.client;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;

/// One call whose pieces are heard as they come. Each silence has a limit and the whole has none; who is interrupted
/// while listening ends the call.
final class Pieces implements ClientResponseObserver<GenerateRequest, GenerateResponse> {

    private sealed interface Event {}

    private record Piece(GenerateResponse piece) implements Event {}

    private record End(Status status) implements Event {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private @Nullable ClientCallStreamObserver<GenerateRequest> call;

    /// @return how it ended
    Status hear(Duration silence, Consumer<GenerateResponse> heard) throws InterruptedException {
        try {
            while (true) {
                switch (events.poll(silence.toMillis(), TimeUnit.MILLISECONDS)) {
                    case Piece(var piece) -> heard.accept(piece);
                    case End(var status) -> {
                        return status;
                    }
                    case null -> {
                        return Status.DEADLINE_EXCEEDED.withDescription(
                                "nothing came for %d s".formatted(silence.toSeconds()));
                    }
                }
            }
        } finally {
            if (call != null) {
                call.cancel("nobody listens any more", null); // of no effect on what has ended
            }
        }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<GenerateRequest> started) {
        call = started;
    }

    @Override
    public void onNext(GenerateResponse piece) {
        events.add(new Piece(piece));
    }

    @Override
    public void onError(Throwable failure) {
        events.add(new End(Status.fromThrowable(failure)));
    }

    @Override
    public void onCompleted() {
        events.add(new End(Status.OK));
    }
}
