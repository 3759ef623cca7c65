package org.millrace.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.millrace.inference.RankingLog.Unpublished;
import org.millrace.inference.Rating;
import org.millrace.inference.RatingTest;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.TieGroup;

class LoggedRankingsTest {

    private static final Rating RATING =
            RatingTest.rating("me", "earlier", List.of("b", "a"), List.of("a"), List.of("b"));

    @Test
    void whatIsRankedComesBeforeItsRanking() throws Exception {
        var producer = producer(true);

        log(producer).publish(RATING);

        assertThat(producer.history())
                .extracting("topic")
                .containsExactly("comparisons.requested.v1", "rankings.submitted.v1");
        assertThat(producer.history()).extracting("key").containsOnly(RATING.promptId());
        assertThat(ComparisonRequested.parseFrom(producer.history().getFirst().value()))
                .isEqualTo(ComparisonRequested.newBuilder()
                        .setPromptId(RATING.promptId())
                        .addMessages(Message.newBuilder()
                                .setRole(Message.Role.ROLE_SYSTEM)
                                .setContent("sing"))
                        .addMessages(Message.newBuilder()
                                .setRole(Message.Role.ROLE_USER)
                                .setContent("mill?"))
                        .addAllPromptTokens(List.of(1, 2, 3))
                        .setTokenizer("words")
                        .setTokenizerVersion(2)
                        .addCandidates(candidate("a", 'a'))
                        .addCandidates(candidate("b", 'b'))
                        .setPurpose("chat")
                        .setRequestedAtMs('b')
                        .build());
        assertThat(RankingSubmitted.parseFrom(producer.history().getLast().value()))
                .isEqualTo(RankingSubmitted.newBuilder()
                        .setRankingId(RATING.rankingId())
                        .setPromptId(RATING.promptId())
                        .setRaterId("me")
                        .addRanking(TieGroup.newBuilder().addCandidateIds("a"))
                        .addRanking(TieGroup.newBuilder().addCandidateIds("b"))
                        .addAllShownOrder(List.of("b", "a"))
                        .setLeadTimeMs(2_000)
                        .setSource("test")
                        .setSubmittedAtMs(1_000)
                        .setSupersedes("earlier")
                        .build());
    }

    /// A ranking of what nobody can read would be a dead letter.
    @Test
    void aLogThatIsAwayIsToldWithinTheDeadlineAndNothingIsRanked() {
        var silent = producer(false);
        assertThatExceptionOfType(Unpublished.class)
                .isThrownBy(() -> log(silent).publish(RATING));
        assertThat(silent.history()).hasSize(1);

        var blocked = producer(true);
        blocked.sendException = new TimeoutException("topic not present in metadata");
        assertThatExceptionOfType(Unpublished.class)
                .isThrownBy(() -> log(blocked).publish(RATING))
                .withMessage("the event log did not take the ranking within 0.05 s: try again later");
    }

    @Test
    void answersThatFitIntoNoEventAreTheCallersMistake() {
        var producer = producer(true);
        producer.sendException = new RecordTooLargeException("too large");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> log(producer).publish(RATING))
                .withMessageStartingWith("shown_order: expected answers that fit into an event together, got ");
    }

    private static Candidate candidate(String id, int token) {
        return Candidate.newBuilder()
                .setCandidateId(id)
                .setText("said " + id)
                .addTokens(token)
                .addTokens(9)
                .setModelVersion(7)
                .build();
    }

    private static MockProducer<String, byte[]> producer(boolean answers) {
        return new MockProducer<>(answers, null, new StringSerializer(), new ByteArraySerializer());
    }

    private static LoggedRankings log(MockProducer<String, byte[]> producer) {
        return new LoggedRankings(
                producer, Clock.fixed(Instant.ofEpochMilli(1_000), ZoneOffset.UTC), Duration.ofMillis(50));
    }
}
