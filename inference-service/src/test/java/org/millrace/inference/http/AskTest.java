package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.TracerProvider;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.GatedDecoder;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.Served;
import org.millrace.inference.TinyModel;
import org.millrace.inference.http.RequestMetrics.Watch;

/// What a request may hold in memory.
class AskTest {

    @Test
    void aReplyThatIsTooLargeIsRefused(@TempDir Path directory) throws Exception {
        try (Models models = TinyModel.served(
                directory,
                "roomy",
                (checkpoint, rows, precision) ->
                        new GatedDecoder(TinyModel.config().vocabulary()),
                Precisions.AS_TRAINED,
                (thread, cause) -> {})) {
            Served tiny = models.find("roomy");
            Served roomy = new Served(
                    tiny.publication(),
                    TinyModel.config(4096),
                    tiny.tokenizer(),
                    tiny.longestToken(),
                    tiny.chat(),
                    tiny.engine(),
                    tiny.precision(),
                    tiny.since());
            String ask = "{\"prompt\":[1,2,3],\"n\":64,\"max_tokens\":4000%s}";

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> watches(ask.formatted(",\"logprobs\":20"), roomy))
                    .withMessage("max_tokens: expected n · (max_tokens + prompt if it comes back) · (1 + logprobs or"
                            + " prompt_logprobs) of all prompts to be at most 2097152, got " + 64 * 4000 * 21);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> watches(ask.formatted(",\"prompt_logprobs\":20"), roomy))
                    .withMessageEndingWith("got " + 64 * 4003 * 21);
            assertThat(watches(ask.formatted(""), roomy)).hasSize(1);
            assertThat(watches(ask.formatted(",\"logprobs\":20,\"stream\":true"), roomy))
                    .hasSize(1);
        }
    }

    private static List<Watch> watches(String ask, Served served) {
        return Ask.completion(Json.read(Buffer.buffer(ask)))
                .watches(
                        served,
                        new RequestMetrics(new SimpleMeterRegistry(), TracerProvider.noop()),
                        new Events(Duration.ofMinutes(1), Events.Time.SYSTEM));
    }
}
