package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.millrace.inference.RankingLog;
import org.millrace.inference.Rating;
import org.millrace.inference.RecentAnswers;

/// `/v1/feedback`: somebody's order of answers that were drawn here, on its way to the reward model.
@Singleton
class Feedback {

    private static final Logger LOGGER = Logger.getLogger(Feedback.class);

    private final RecentAnswers kept;
    private final RankingLog log;
    private final Counter published;

    Feedback(RecentAnswers kept, RankingLog log, MeterRegistry meters) {
        this.kept = kept;
        this.log = log;
        this.published = Counter.builder("rankings_published")
                .description("rankings of answers that were put on the log, repeats included")
                .register(meters);
    }

    /// Waits for the log: for a virtual thread.
    void answer(HttpServerResponse out, Buffer body) {
        try {
            Rating rating = new FeedbackRequest(Json.read(body)).rating(kept);
            log.publish(rating);
            published.increment();
            Json.send(
                    out,
                    200,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("object", "feedback")
                            .put("prompt_id", rating.promptId())
                            .put("ranking_id", rating.rankingId()));
        } catch (FeedbackRequest.Forgotten e) {
            Json.send(out, ApiError.of(e));
        } catch (RankingLog.Unpublished e) {
            LOGGER.warnf(e, "a ranking could not be published");
            Json.send(out, ApiError.of(e));
        }
    }
}
