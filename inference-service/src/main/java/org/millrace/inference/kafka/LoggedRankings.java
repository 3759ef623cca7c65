package org.millrace.inference.kafka;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;
import org.millrace.events.Events;
import org.millrace.inference.RankingLog;
import org.millrace.inference.Rating;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.TieGroup;

/// Rankings as they stand on the log: a [ComparisonRequested], and when that is there, the [RankingSubmitted] that
/// answers it. Readers look for the comparison when they meet the ranking, and a transaction would not keep that
/// order: its partitions become visible one by one. What is between the two if the process dies is a comparison that
/// nobody ranked, which is no fault. Both have ids of their own, so a second try is no second ranking.
final class LoggedRankings implements RankingLog, AutoCloseable {

    private static final Duration DEADLINE = Duration.ofSeconds(5);

    /// As `prompts.submitted` has it: what was asked from the chat page.
    private static final String PURPOSE = "chat";

    private final Events events = new Events("inference");
    private final Producer<String, byte[]> producer;
    private final Clock clock;
    private final Duration deadline;

    LoggedRankings(Producer<String, byte[]> producer, Clock clock, Duration deadline) {
        this.producer = producer;
        this.clock = clock;
        this.deadline = deadline;
    }

    /// @param broker settings of any client
    static LoggedRankings open(Map<String, Object> broker) {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.remove("group.id");
        settings.put("acks", "all");
        settings.put("enable.idempotence", true);
        settings.put("linger.ms", 0);
        settings.put("max.block.ms", DEADLINE.toMillis());
        settings.put("request.timeout.ms", (int) DEADLINE.dividedBy(2).toMillis());
        settings.put("delivery.timeout.ms", (int) DEADLINE.toMillis());
        settings.put("buffer.memory", 1L << 23); // a few at a time, by hand
        return new LoggedRankings(
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer()),
                Clock.systemUTC(),
                DEADLINE.plusSeconds(1)); // longer than the producer tries, so that it says why
    }

    @Override
    public void publish(Rating rating) throws Unpublished {
        send(events.record(rating.promptId(), comparison(rating)));
        send(events.record(rating.promptId(), ranking(rating)));
    }

    @Override
    public void close() {
        producer.close(deadline);
    }

    private void send(ProducerRecord<String, byte[]> record) throws Unpublished {
        try {
            producer.send(record).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw refusal(record, e.getCause() == null ? e : e.getCause());
        } catch (KafkaException | TimeoutException e) {
            throw refusal(record, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unpublished("the service stops; the ranking may not be on the log", e);
        }
    }

    private Unpublished refusal(ProducerRecord<String, byte[]> record, Throwable cause) {
        if (cause instanceof RecordTooLargeException) {
            throw new IllegalArgumentException(
                    "shown_order: expected answers that fit into an event together, got %d bytes"
                            .formatted(record.value().length),
                    cause);
        }
        return new Unpublished(
                "the event log did not take the ranking within %s s: try again later"
                        .formatted(deadline.toMillis() / 1e3),
                cause);
    }

    private static ComparisonRequested comparison(Rating rating) {
        ComparisonRequested.Builder comparison = ComparisonRequested.newBuilder()
                .setPromptId(rating.promptId())
                .addAllPromptTokens(rating.prompt())
                .setTokenizer(rating.tokenizer().name())
                .setTokenizerVersion(rating.tokenizer().version())
                .setPurpose(PURPOSE)
                .setRequestedAtMs(rating.at().toEpochMilli());
        for (Turn turn : rating.turns()) {
            comparison.addMessages(
                    Message.newBuilder().setRole(role(turn.role())).setContent(turn.text()));
        }
        for (Rating.Candidate candidate : rating.sorted()) {
            comparison.addCandidates(Candidate.newBuilder()
                    .setCandidateId(candidate.id())
                    .setText(candidate.answer().text())
                    .addAllTokens(candidate.answer().tokens())
                    .setModelVersion(candidate.version()));
        }
        return comparison.build();
    }

    private RankingSubmitted ranking(Rating rating) {
        RankingSubmitted.Builder ranking = RankingSubmitted.newBuilder()
                .setRankingId(rating.rankingId())
                .setPromptId(rating.promptId())
                .setRaterId(rating.rater())
                .setNotRankable(rating.unacceptable())
                .addAllShownOrder(
                        rating.candidates().stream().map(Rating.Candidate::id).toList())
                .setLeadTimeMs(rating.leadTime().toMillis())
                .setComment(rating.comment())
                .setSource(rating.source())
                .setSubmittedAtMs(clock.millis())
                .setSupersedes(rating.supersedes());
        for (List<String> group : rating.ranking()) {
            ranking.addRanking(TieGroup.newBuilder().addAllCandidateIds(group));
        }
        return ranking.build();
    }

    private static Message.Role role(Role role) {
        return switch (role) {
            case SYSTEM -> Message.Role.ROLE_SYSTEM;
            case USER -> Message.Role.ROLE_USER;
            case ASSISTANT -> Message.Role.ROLE_ASSISTANT;
            case TOOL_CALL -> Message.Role.ROLE_TOOL_CALL;
            case TOOL_OUTPUT -> Message.Role.ROLE_TOOL_OUTPUT;
        };
    }
}
