package org.millrace.inference.grpc.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;

/// One answer that goes to the caller in one piece. Written by the engine's thread, to be read once
/// it has ended.
final class WholeAnswer implements Generation.Listener {

    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final List<Drawn> drawn = new ArrayList<>();

    @Override
    public void drawn(Drawn token) {
        drawn.add(token);
        if (token.finish() != null) {
            ended.complete(null);
        }
    }

    @Override
    public void failed(Throwable cause) {
        ended.completeExceptionally(cause);
    }

    CompletableFuture<Void> ended() {
        return ended;
    }

    /// The one that ended the answer included.
    List<Drawn> drawn() {
        return drawn;
    }
}
