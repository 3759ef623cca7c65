package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Message;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;
import org.millrace.events.Events;
import org.millrace.inference.Served;
import org.millrace.inference.TokenizerVersion;
import org.millrace.inference.grpc.Caller;
import org.millrace.inference.grpc.TwoSlots;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.RankingSubmitted;

/// What people think of answers.
@QuarkusTest
@TestProfile(TwoSlots.class)
class FeedbackTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    Caller caller;

    @Inject
    Served tiny;

    @Inject
    @ConfigProperty(name = "kafka.bootstrap.servers")
    String bootstrapServers;

    @Test
    void anOrderOfTwoAnswersBecomesAComparisonAndItsRanking() throws Exception {
        String reply = chat(3, true);
        String ranking = """
                {"rater_id":"me","shown_order":["%1$s/1","%1$s/0"],"ranking":[["%1$s/0"],["%1$s/1"]],
                 "lead_time_ms":1500,"comment":"shorter","source":"test/1"}""".formatted(reply);

        JsonNode told = JSON.readTree(feedback(ranking).body());
        JsonNode again = JSON.readTree(feedback(ranking).body());
        JsonNode changed = JSON.readTree(
                feedback("""
                {"rater_id":"me","shown_order":["%1$s/1","%1$s/0"],"not_rankable":true,"supersedes":"%2$s"}""".formatted(reply, told.path("ranking_id").asText())).body());

        assertThat(again).isEqualTo(told);
        String promptId = told.path("prompt_id").asText();
        List<ComparisonRequested> comparisons = logged(ComparisonRequested.class, promptId);
        assertThat(new HashSet<>(comparisons)).hasSize(1);
        ComparisonRequested comparison = comparisons.getFirst();
        List<Integer> prompt = new ArrayList<>();
        for (int id : new Messages(List.of(new Turn(Role.USER, "rain")), List.of(0)).tokens(tiny, ToolRequest.NONE)) {
            prompt.add(id);
        }
        assertThat(comparison.getPromptTokensList()).isEqualTo(prompt);
        assertThat(new TokenizerVersion(comparison.getTokenizer(), comparison.getTokenizerVersion()))
                .isEqualTo(tiny.publication().tokenizer());
        assertThat(comparison.getMessages(0).getContent()).isEqualTo("rain");
        assertThat(comparison.getCandidatesList())
                .extracting(Candidate::getCandidateId)
                .containsExactly(reply + "/0", reply + "/1");
        assertThat(comparison.getCandidatesList()).allSatisfy(candidate -> {
            assertThat(candidate.getTokensList()).hasSize(12);
            assertThat(candidate.getModelVersion()).isEqualTo(tiny.version());
            assertThat(candidate.getText()).isNotEmpty();
        });
        List<RankingSubmitted> rankings = logged(RankingSubmitted.class, promptId);
        assertThat(rankings).hasSize(3);
        assertThat(rankings.getFirst().getRankingId()).isEqualTo(rankings.get(1).getRankingId());
        assertThat(rankings.getFirst().getRanking(0).getCandidateIdsList()).containsExactly(reply + "/0");
        assertThat(rankings.getFirst().getShownOrderList()).containsExactly(reply + "/1", reply + "/0");
        assertThat(rankings.getLast().getNotRankable()).isTrue();
        assertThat(rankings.getLast().getRankingId())
                .isEqualTo(changed.path("ranking_id").asText());
        assertThat(rankings.getLast().getSupersedes())
                .isEqualTo(rankings.getFirst().getRankingId());
    }

    @Test
    void whatCannotBeRankedIsNamed() throws Exception {
        String one = chat(4, true) + "/0";
        String other = chat(5, true) + "/1";
        String unkept = chat(6, false) + "/0";
        String ask = "{\"rater_id\":\"me\",\"shown_order\":[\"%s\",\"%s\"],\"ranking\":[[\"%s\"]]}";
        assertRefused("{}", 400, "rater_id: expected text, got null");
        assertRefused("{\"rater_id\":\"me\"}", 400, "shown_order: expected a list of answers, got null");
        assertRefused("{\"rater\":\"me\"}", 400, "rater: expected a known field, got this one");
        assertRefused(
                "{\"rater_id\":\"me\",\"shown_order\":[\"%s\"]}".formatted(one),
                400,
                "shown_order: expected 2 to 16 answers, got 1");
        assertRefused(
                ask.formatted(one, one, one),
                400,
                "shown_order[1]: expected another answer than shown_order[0], got the same");
        assertRefused(
                ask.formatted(one, other, one), 400, "ranking: expected each answer of shown_order once, got 1 of 2");
        assertRefused(
                ask.formatted(one, unkept, one),
                404,
                "shown_order[1]: expected an answer that was drawn here lately with store = true, got another");
        assertRefused(
                ask.formatted(one, one.replace("/0", "/7"), one),
                404,
                "shown_order[1]: expected an answer that was drawn here lately with store = true, got another");
        assertRefused(
                "{\"rater_id\":\"me\",\"shown_order\":[\"%s\",\"%s\"],\"ranking\":[[7]]}".formatted(one, other),
                400,
                "ranking[0][0]: expected text, got 7");
        String elsewhere = id(caller.post("/v1/chat/completions", """
                {"seed":1,"n":1,"max_tokens":12,"ignore_eos":true,"store":true,
                 "messages":[{"role":"user","content":"mill"}]}""")) + "/0";
        assertRefused(
                ask.formatted(one, elsewhere, one),
                400,
                "shown_order[1]: expected an answer to the same prompt as shown_order[0], got one to another");
        assertThat(caller.post(
                                "/v1/chat/completions",
                                "{\"store\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
                        .body())
                .contains("store: expected true or false, got 1");
    }

    private String chat(long seed, boolean store) throws Exception {
        return id(caller.post("/v1/chat/completions", """
                {"seed":%d,"n":2,"max_tokens":12,"ignore_eos":true,"store":%b,"stream":%b,
                 "messages":[{"role":"user","content":"rain"}]}""".formatted(seed, store, seed % 2 == 0)));
    }

    private static String id(HttpResponse<String> reply) throws Exception {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        String first = reply.body().lines().findFirst().orElseThrow();
        return JSON.readTree(first.startsWith("data: ") ? first.substring(6) : first)
                .path("id")
                .asText();
    }

    private void assertRefused(String body, int status, String message) throws Exception {
        HttpResponse<String> response = feedback(body);
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertThat(error.path("message").asText()).isEqualTo(message);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(error.path("param").asText()).isEqualTo(message.substring(0, message.indexOf(':')));
    }

    private <M extends Message> List<M> logged(Class<M> type, String key) throws Exception {
        String topic = Events.topicName(type);
        List<M> events = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrapServers),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    if (key.equals(record.key())) {
                        events.add(Events.read(record, type));
                    }
                }
            }
        }
        return events;
    }

    private HttpResponse<String> feedback(String body) throws Exception {
        return caller.post("/v1/feedback", body);
    }
}
