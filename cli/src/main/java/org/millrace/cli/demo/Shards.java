package org.millrace.cli.demo;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.Failure;
import org.millrace.cli.train.Bar;
import org.millrace.proto.tokenizer.v1.GetStatusRequest;
import org.millrace.proto.tokenizer.v1.GetStatusResponse;

/// Waits for the tokenizer.
final class Shards {

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private Shards() {}

    /// Until all documents and conversations that are on the log are in shards.
    ///
    /// @param from share of the bar where the waiting begins
    /// @param to share of the bar where it ends
    static GetStatusResponse await(Run run, Bar bar, double from, double to) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            GetStatusResponse now = run.endpoints
                    .tokenizer()
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .withWaitForReady()
                    .getStatus(GetStatusRequest.getDefaultInstance());
            long done = now.getDocuments() + now.getConversations();
            bar.say("%d sequences in shards".formatted(done));
            bar.to(from + (to - from) * done / Math.max(1.0, done + now.getLag()));
            if (now.getLag() == 0 && done > 0) {
                return now;
            }
            TimeUnit.MILLISECONDS.sleep(250);
        }
        throw new Failure("The shards are not written after %d minutes; the tokenizer's log is %s."
                .formatted(PATIENCE.toMinutes(), run.home.log("tokenizer")));
    }
}
