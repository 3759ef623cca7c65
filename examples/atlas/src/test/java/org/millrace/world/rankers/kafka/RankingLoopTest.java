package org.millrace.world.rankers.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.testkit.BrokerExtension;
import org.millrace.world.TinyWorld;
import org.millrace.world.rankers.AnswerOrder;
import org.millrace.world.rankers.Rater;

/// The rankers against a real broker; what they write is read by the code that the services use.
class RankingLoopTest {

    private static final Duration IDLE = Duration.ofSeconds(4);

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @TempDir
    Path directory;

    private final List<String> complaints = new CopyOnWriteArrayList<>();

    @Test
    void comparisonsBecomeRankingsThatTheSystemReads() throws Exception {
        AnswerOrder order = new AnswerOrder(TinyWorld.read(directory));
        ComparisonRequested known = comparison("p-known", "What does the Brave Otter carry?", "Salt.", "Tea.");
        ComparisonRequested foreign = comparison("p-foreign", "How are you?", "Fine.", "Well.");
        Events events = new Events("rollout");
        publish(List.of(
                events.record("p-known", known),
                events.record("p-foreign", foreign),
                new ProducerRecord<>(WireFormat.COMPARISONS, 0, "x", "no protobuf".getBytes(UTF_8)),
                new ProducerRecord<>(WireFormat.COMPARISONS, 1, "y", null),
                new ProducerRecord<>(
                        WireFormat.COMPARISONS,
                        2,
                        "z",
                        known.toBuilder().clearCandidates().build().toByteArray())));

        RankingLoop.Tally tally = run(order);
        List<RankingSubmitted> rankings = rankings();
        RankingLoop.Tally again = run(order);

        assertThat(tally).isEqualTo(new RankingLoop.Tally(2, 6, 1, 3));
        assertThat(tally).hasToString("ranked 2 comparisons: 6 rankings, 1 not rankable, 3 records unreadable");
        assertThat(complaints)
                .hasSize(3)
                .anyMatch(line -> line.matches(complaint(0) + ".+"))
                .anyMatch(line -> line.matches(complaint(1) + "value: expected a comparison, got none"))
                .anyMatch(line -> line.matches(complaint(2) + "candidates: expected at least 1, got 0"));
        assertThat(again).as("offsets were committed").isEqualTo(new RankingLoop.Tally(0, 0, 0, 0));
        assertThat(rankings)
                .hasSize(6)
                .extracting(RankingSubmitted::getRankingId)
                .doesNotHaveDuplicates();
        assertThat(rankings)
                .filteredOn(ranking -> ranking.getRaterId().equals("rater-ada"))
                .filteredOn(ranking -> ranking.getPromptId().equals("p-known"))
                .singleElement()
                .satisfies(ranking -> {
                    assertThat(ranking.getRankingList())
                            .extracting(group -> List.copyOf(group.getCandidateIdsList()))
                            .containsExactly(List.of("p-known/1"), List.of("p-known/0"));
                    assertThat(ranking.getShownOrderList()).containsExactly("p-known/0", "p-known/1");
                    assertThat(ranking.getSubmittedAtMs()).isPositive();
                });
        assertThat(rankings)
                .filteredOn(ranking -> ranking.getPromptId().equals("p-foreign"))
                .hasSize(3)
                .allMatch(RankingSubmitted::getNotRankable);
    }

    @Test
    void aLoopThatIsStoppedEnds() throws Exception {
        AnswerOrder order = new AnswerOrder(TinyWorld.read(directory));
        try (RankingLoop loop = new RankingLoop(BROKER.bootstrapServers(), order, Rater.PANEL, 1, complaints::add)) {
            CompletableFuture<RankingLoop.Tally> running =
                    CompletableFuture.supplyAsync(() -> loop.run(Duration.ofDays(1)));

            loop.stop();

            assertThat(running.get(30, TimeUnit.SECONDS)).isNotNull();
        }
    }

    private static String complaint(int partition) {
        return "unreadable: topic=%s partition=%d offset=\\d+ reason=".formatted(WireFormat.COMPARISONS, partition);
    }

    private RankingLoop.Tally run(AnswerOrder order) {
        try (RankingLoop loop = new RankingLoop(BROKER.bootstrapServers(), order, Rater.PANEL, 1, complaints::add)) {
            return loop.run(IDLE);
        }
    }

    private static ComparisonRequested comparison(String id, String question, String... answers) {
        ComparisonRequested.Builder comparison = ComparisonRequested.newBuilder()
                .setPromptId(id)
                .addMessages(
                        Message.newBuilder().setRole(Message.Role.ROLE_USER).setContent(question));
        for (int i = 0; i < answers.length; i++) {
            comparison.addCandidates(
                    Candidate.newBuilder().setCandidateId(id + "/" + i).setText(answers[i]));
        }
        return comparison.build();
    }

    private static void publish(List<ProducerRecord<String, byte[]>> records) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            for (ProducerRecord<String, byte[]> record : records) {
                producer.send(record).get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static List<RankingSubmitted> rankings() throws Exception {
        List<RankingSubmitted> rankings = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        BROKER.bootstrapServers(),
                        "group.id",
                        "test",
                        "auto.offset.reset",
                        "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(Events.topicName(RankingSubmitted.class)));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (rankings.size() < 6 && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    rankings.add(Events.read(record, RankingSubmitted.class));
                }
            }
        }
        return rankings;
    }
}
