package org.millrace.inference.grpc;

import java.util.concurrent.CompletableFuture;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;

/// One answer that goes to the caller in one piece. Written by the engine's thread, to be read once
/// it has ended.
final class WholeAnswer implements Generation.Listener {

    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private int tokens;

    @Override
    public void drawn(Drawn drawn) {
        tokens++;
        text.append(drawn.text());
        if (drawn.finish() != null) {
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

    String text() {
        return text.toString();
    }

    /// Ids that were drawn, the one that ended the answer included.
    int tokens() {
        return tokens;
    }
}
