package org.millrace.inference.grpc.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.TracerProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.Drawn;
import org.millrace.inference.GatedDecoder;
import org.millrace.inference.Generation;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.Sampling;
import org.millrace.inference.Served;
import org.millrace.inference.TinyModel;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.http.RequestMetrics.Watch;

/// Answers that fail.
class AnswersTest {

    private static final IllegalStateException CAUSE = new IllegalStateException("out of order");

    @Test
    void whatWasDrawnBeforeAFailureIsSentBeforeIt() throws Exception {
        var answer = new PiecedAnswer();
        List<Drawn> tokens = List.of(new Drawn(0, 7, -1, "a", null), new Drawn(0, 8, -1, "b", null));
        tokens.forEach(answer::drawn);
        answer.failed(CAUSE);
        List<List<Drawn>> sent = new ArrayList<>();

        assertThat(answer.pump(sent::add)).containsExactly(CAUSE);
        assertThat(sent).containsExactly(tokens);
    }

    @Test
    void whoHasGoneIsSentNothing() throws Exception {
        var answer = new PiecedAnswer();
        answer.drawn(new Drawn(0, 7, -1, "a", null));
        answer.leave();
        List<List<Drawn>> sent = new ArrayList<>();

        assertThat(answer.pump(sent::add)).hasSize(1);
        assertThat(sent).isEmpty();
    }

    @Test
    void oneFailureEndsTheRequestAtOnce(@TempDir Path directory) throws Exception {
        try (Models models = TinyModel.served(
                directory,
                "policy",
                (checkpoint, rows, precision) ->
                        new GatedDecoder(TinyModel.config().vocabulary()),
                Precisions.AS_TRAINED,
                (thread, cause) -> {})) {
            List<WholeAnswer> answers = List.of(new WholeAnswer(), new WholeAnswer());
            List<Watch> watches = answers.stream()
                    .map(answer -> watch(answer, models.all().iterator().next()))
                    .toList();

            CompletableFuture<Void> ended = WholeAnswer.ended(new InferRequest<>(
                    models.find("policy"), "id", watches, answers, List.of(InferOutput.TEXT), false));
            assertThat(ended).isNotDone();
            answers.getLast().failed(CAUSE);

            assertThat(ended).isCompletedExceptionally();
            assertThat(watches.getFirst().generation().isCancelled()).isTrue();
        }
    }

    private static Watch watch(WholeAnswer answer, Served served) {
        Watch watch = new RequestMetrics(new SimpleMeterRegistry(), TracerProvider.noop()).watch(served, 1, answer);
        watch.follow(new Generation(new int[] {1}, new Sampling(0, 0, 1, 0), 1, 9, true, List.of(), watch));
        return watch;
    }
}
