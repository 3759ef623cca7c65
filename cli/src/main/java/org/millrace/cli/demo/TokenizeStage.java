package org.millrace.cli.demo;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.Failure;
import org.millrace.cli.train.Bar;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.tokenizer.v1.GetStatusRequest;
import org.millrace.proto.tokenizer.v1.GetStatusResponse;
import org.millrace.proto.tokenizer.v1.TrainRequest;
import org.millrace.proto.tokenizer.v1.TrainResponse;

/// Submits the fine-tuning conversations, trains the tokenizer on the documents, and waits until both
/// are token shards.
record TokenizeStage() implements Stage {

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Override
    public String title() {
        return "Train the tokenizer";
    }

    @Override
    public Duration planned() {
        return Duration.ofSeconds(5);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        List<ConversationSubmitted> conversations = Lessons.conversations(run.world, run.plan, run.seed);
        run.log.publish(conversations, ConversationSubmitted::getConversationId);

        Iterator<TrainResponse> progress = run.endpoints
                .tokenizer()
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .train(TrainRequest.newBuilder()
                        .setName(Run.TOKENIZER)
                        .setVocabularySize(run.plan.vocabulary())
                        .build());
        TrainResponse last = TrainResponse.getDefaultInstance();
        while (progress.hasNext()) {
            last = progress.next();
            bar.say("%d of %d merges".formatted(last.getMerges(), last.getMergesWanted()));
            bar.to(0.6 * last.getMerges() / Math.max(1, last.getMergesWanted()));
        }
        GetStatusResponse status = awaitShards(run, bar);

        run.figures.put("tokens", status.getTokens());
        Findings section = run.section();
        section.row("vocabulary", "256 bytes", "%d tokens".formatted(last.getMerges() + 256 + 9));
        section.row("documents in shards", "0", Long.toString(status.getDocuments()));
        section.row("conversations in shards", "0", Long.toString(status.getConversations()));
        section.row("tokens", "0", "%,d".formatted(status.getTokens()));
        section.row("bytes of text a token", "1.00", "%.2f".formatted(bytesPerToken(run)));
    }

    private static GetStatusResponse awaitShards(Run run, Bar bar) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            GetStatusResponse now = run.endpoints
                    .tokenizer()
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .withWaitForReady()
                    .getStatus(GetStatusRequest.getDefaultInstance());
            long done = now.getDocuments() + now.getConversations();
            bar.say("%d sequences in shards".formatted(done));
            bar.to(0.6 + 0.4 * done / Math.max(1.0, done + now.getLag()));
            if (now.getLag() == 0 && done > 0) {
                return now;
            }
            TimeUnit.MILLISECONDS.sleep(250);
        }
        throw new Failure("The shards are not written after %d minutes; the tokenizer's log is %s."
                .formatted(PATIENCE.toMinutes(), run.home.log("tokenizer")));
    }

    private static double bytesPerToken(Run run) {
        long bytes = 0;
        long tokens = 0;
        try (var shards = run.log.follow(org.millrace.proto.events.v1.ShardWritten.class)) {
            for (var found = shards.next(Duration.ofSeconds(2));
                    !found.isEmpty();
                    found = shards.next(Duration.ofMillis(300))) {
                for (var shard : found) {
                    bytes += shard.getBytes();
                    tokens += shard.getTokens();
                }
            }
        }
        return tokens == 0 ? 0 : (double) bytes / tokens;
    }
}
