package org.millrace.world.rankers.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.options.v1.TopicOuterClass;
import org.millrace.world.rankers.Comparison;
import org.millrace.world.rankers.Ranking;

/// How comparisons look on the log, and how rankings must.
///
/// Comparisons are protobuf. Rankings are written as JSON by hand, headers included, without the
/// system's classes: what this class does, a tool in any language can do.
final class WireFormat {

    static final String COMPARISONS = ComparisonRequested.getDescriptor()
            .getOptions()
            .getExtension(TopicOuterClass.topic)
            .getName();
    static final String RANKINGS = "rankings.submitted.v1";

    private static final String SOURCE = "scripted-rankers";
    private static final ObjectMapper JSON = new ObjectMapper();

    private WireFormat() {}

    /// @param value of the record; none if somebody removed its key
    static Comparison comparison(byte @Nullable [] value) throws InvalidProtocolBufferException {
        if (value == null) {
            throw new InvalidProtocolBufferException("value: expected a comparison, got none");
        }
        ComparisonRequested event = ComparisonRequested.parseFrom(value);
        String question = event.getMessagesList().stream()
                .filter(message -> message.getRole() == Message.Role.ROLE_USER)
                .reduce((first, second) -> second)
                .map(Message::getContent)
                .orElse("");
        List<Comparison.Candidate> candidates = event.getCandidatesList().stream()
                .map(candidate -> new Comparison.Candidate(candidate.getCandidateId(), candidate.getText()))
                .toList();
        if (event.getPromptId().isEmpty()) {
            throw new InvalidProtocolBufferException("prompt_id: expected one, got none");
        }
        if (candidates.isEmpty()) {
            throw new InvalidProtocolBufferException("candidates: expected at least 1, got 0");
        }
        return new Comparison(event.getPromptId(), question, candidates);
    }

    static ProducerRecord<String, byte[]> event(Ranking ranking, List<String> shownOrder) {
        Instant now = Instant.now();
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("rankingId", ranking.id());
        event.put("promptId", ranking.promptId());
        event.put("raterId", ranking.rater());
        event.put(
                "ranking",
                ranking.groups().stream()
                        .map(group -> Map.of("candidateIds", group))
                        .toList());
        event.put("notRankable", ranking.notRankable());
        event.put("shownOrder", shownOrder);
        event.put("source", SOURCE);
        event.put("submittedAtMs", String.valueOf(now.toEpochMilli()));
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(RANKINGS, ranking.promptId(), json(event));
        header(record, "ce_specversion", "1.0");
        header(record, "ce_id", ranking.id());
        header(record, "ce_type", "millrace.events.v1.RankingSubmitted");
        header(record, "ce_source", SOURCE);
        header(record, "ce_time", now.toString());
        header(record, "content-type", "application/json");
        return record;
    }

    private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(UTF_8));
    }

    private static byte[] json(Map<String, Object> event) {
        try {
            return JSON.writeValueAsBytes(event);
        } catch (JsonProcessingException e) {
            throw new AssertionError("maps, lists and texts are JSON", e);
        }
    }
}
