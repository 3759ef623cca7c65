package org.millrace.exactlyonce;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.exactlyonce.DeadLetterReplay.Outcome;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// Row A6 of `docs/faults.md`: letters that are replayed twice are replayed once.
class DeadLetterReplayTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final String IN = Events.topicName(PageFetched.class);
    private static final String LETTERS = Events.deadLetterTopic(IN);
    private static final int GOOD = 30;
    private static final int BAD = 20;

    private final DeadLetterReplay replay =
            new DeadLetterReplay(Map.of("bootstrap.servers", BROKER.bootstrapServers()), 2, Duration.ofSeconds(30));

    /// The whole life of letters: written by a service with a bug, replayed when it is mended, where those
    /// that are truly broken come back, until they are given up.
    @Test
    void lettersAreReplayedOnceAndWhatIsStillBrokenComesBackCounted() throws Exception {
        assertThat(replay.replay(IN)).as("nothing to replay").isEqualTo(new Outcome(0, 0, 0));
        List<ProducerRecord<String, byte[]>> pages = new ArrayList<>();
        for (int n = 0; n < GOOD; n++) {
            pages.add(NumberedPages.page("k" + n, "k/" + n));
        }
        for (int n = 0; n < BAD; n++) {
            pages.add(new ProducerRecord<>(IN, "bad " + n, new byte[] {1}));
        }
        Log.publish(BROKER.bootstrapServers(), pages);
        Log.publish(
                BROKER.bootstrapServers(),
                List.of(new ProducerRecord<>(LETTERS, "foreign", "no letter".getBytes(UTF_8))));
        List<ConsumerRecord<String, byte[]>> letters = new ArrayList<>();
        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> letterReader = Log.reader(BROKER.bootstrapServers(), LETTERS);
                KafkaConsumer<String, byte[]> reader =
                        Log.reader(BROKER.bootstrapServers(), Events.topicName(DocumentCleaned.class))) {
            run(DeadLetterReplayTest::withABug, () -> Log.read(letterReader, letters, GOOD + BAD + 1));

            assertThat(replay.replay(IN)).isEqualTo(new Outcome(GOOD + BAD, 0, 1));
            assertThat(replay.replay(IN)).as("a second time").isEqualTo(new Outcome(0, 0, 0));

            run(LoopProcess::clean, () -> {
                Log.read(reader, documents, GOOD);
                Log.read(letterReader, letters, GOOD + BAD + 1 + BAD);
                assertThat(replay.replay(IN)).as("what came back").isEqualTo(new Outcome(BAD, 0, 0));
                Log.read(letterReader, letters, GOOD + BAD + 1 + 2 * BAD);
                assertThat(replay.replay(IN)).as("tried twice already").isEqualTo(new Outcome(0, BAD, 0));
                assertThat(replay.replay(IN)).as("and passed over for good").isEqualTo(new Outcome(0, 0, 0));
            });

            Log.nothingMore(reader);
            Log.nothingMore(letterReader);
        }
        assertThat(documents)
                .extracting(
                        document -> Events.read(document, DocumentCleaned.class).getDocumentId())
                .doesNotHaveDuplicates()
                .hasSize(GOOD);
        assertThat(letters.subList(GOOD + BAD + 1, letters.size()))
                .hasSize(2 * BAD)
                .allSatisfy(letter -> {
                    assertThat(letter.value()).containsExactly(1);
                    assertThat(DeadLetters.header(letter, DeadLetters.REASON)).contains("1 bytes are no");
                })
                .extracting(DeadLetters::replays)
                .containsOnly(1, 2);
    }

    @Test
    void atLeastOneReplayIsAllowed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DeadLetterReplay(Map.of(), 0, Duration.ZERO))
                .withMessage("mostReplays: expected at least 1, got 0");
    }

    private static List<ProducerRecord<String, byte[]>> withABug(ConsumerRecord<String, byte[]> record)
            throws BadRecord {
        throw new BadRecord("everything looks bad to this version");
    }

    /// The service runs while `meanwhile` does.
    private static void run(Transform transform, Runnable meanwhile) throws Exception {
        try (var consumer = LoopProcess.consumer(BROKER.bootstrapServers(), "0", 40);
                var producer = LoopProcess.producer(BROKER.bootstrapServers())) {
            consumer.subscribe(List.of(IN));
            var loop = new TransactionalLoop(
                    consumer, producer, BatchTransform.each("small-cleaner", transform), Duration.ofMillis(50));
            CompletableFuture<Void> running = Log.start(loop);
            meanwhile.run();
            loop.stop();
            running.get(30, TimeUnit.SECONDS);
        }
    }
}
