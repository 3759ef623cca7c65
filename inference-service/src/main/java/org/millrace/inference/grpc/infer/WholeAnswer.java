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

    /// The one that ended the answer included.
    List<Drawn> drawn() {
        return drawn;
    }

    /// Done when all answers have ended, and as soon as one never will: the others are then of no use, and cancelled.
    static CompletableFuture<Void> ended(InferRequest<WholeAnswer> taken) {
        CompletableFuture<Void> all = CompletableFuture.allOf(
                taken.answers().stream().map(answer -> answer.ended).toArray(CompletableFuture<?>[]::new));
        for (WholeAnswer answer : taken.answers()) {
            var unused = answer.ended.whenComplete((done, failure) -> {
                if (failure != null) {
                    all.completeExceptionally(failure);
                }
            });
        }
        var unused = all.whenComplete((done, failure) -> taken.cancel()); // of no effect on answers that have ended
        return all;
    }
}
