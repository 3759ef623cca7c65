package org.millrace.inference.grpc.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;

/// One answer that goes to the caller as it is drawn. The engine's thread leaves tokens here; a virtual thread sends
/// what came in the meantime as one piece. What waits here is bounded by the tokens that the request may get.
final class PiecedAnswer implements Generation.Listener {

    private sealed interface Event {
        record Token(Drawn drawn) implements Event {}

        record Broken(Throwable cause) implements Event {}
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    @Override
    public void drawn(Drawn drawn) {
        events.add(new Event.Token(drawn));
    }

    @Override
    public void failed(Throwable cause) {
        events.add(new Event.Broken(cause));
    }

    /// The caller has gone.
    void leave() {
        events.add(new Event.Broken(new CancellationException()));
    }

    /// Sends until the answer has ended, and before a failure what came until then.
    ///
    /// @return why it was cut off; empty: it was not
    List<Throwable> pump(Consumer<List<Drawn>> out) throws InterruptedException {
        while (true) {
            List<Event> batch = new ArrayList<>();
            batch.add(events.take());
            events.drainTo(batch);
            List<Drawn> piece = new ArrayList<>();
            for (Event event : batch) {
                switch (event) {
                    case Event.Token(Drawn drawn) -> piece.add(drawn);
                    case Event.Broken(Throwable cause) -> {
                        if (!piece.isEmpty() && !(cause instanceof CancellationException)) {
                            out.accept(piece);
                        }
                        return List.of(cause);
                    }
                }
            }
            out.accept(piece);
            if (piece.getLast().finish() != null) {
                return List.of();
            }
        }
    }
}
