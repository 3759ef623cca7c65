package org.millrace.tokenizer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.Message.Role;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.shards.Shard;
import org.millrace.testkit.BrokerExtension;
import org.millrace.tokenizer.Tally;
import org.millrace.tokenizer.Training;

/// The service without its framework, on a real broker.
class TokenizerLoopsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Training.Order ORDER =
            new Training.Order("t", 320, Training.Order.DEFAULT_MAX_BYTES, SplitPattern.NANOCHAT);

    /// Fewer merges than the text of [Log#documents] has: another tokenizer than that of [#ORDER].
    private static final Training.Order SMALLER =
            new Training.Order("t", 270, Training.Order.DEFAULT_MAX_BYTES, SplitPattern.NANOCHAT);

    @RegisterExtension
    static final BrokerExtension BROKER = BrokerExtension.emptiedForEachTest();

    @TempDir
    Path dir;

    private final List<TokenizerLoops> started = new ArrayList<>();
    private final List<Throwable> deaths = new CopyOnWriteArrayList<>();
    private Log log;
    private ArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        log = new Log(BROKER.bootstrapServers());
        store = ArtifactStore.open(dir.resolve("store").toUri(), dir.resolve("cache"));
    }

    @AfterEach
    void closeAll() throws InterruptedException {
        for (TokenizerLoops loops : started) {
            loops.close();
        }
        assertThat(deaths).isEmpty();
    }

    @Test
    void documentsWaitForTheTokenizerAndBecomeFewShards() throws Exception {
        TokenizerLoops loops = start("0", 0);
        log.publish(Log.documents(0, 300));
        log.publish(List.of(
                Log.conversation("c1", Role.ROLE_USER, Role.ROLE_ASSISTANT),
                Log.conversation("c2", Role.ROLE_SYSTEM, Role.ROLE_USER, Role.ROLE_ASSISTANT)));
        assertThat(loops.backlog().lag()).isGreaterThanOrEqualTo(302);
        List<Integer> merges = new ArrayList<>();

        long version = loops.training().train(ORDER, progress(merges));

        assertThat(version).isEqualTo(1);
        assertThat(merges)
                .isNotEmpty()
                .isEqualTo(IntStream.rangeClosed(1, merges.size()).boxed().toList());
        awaitDone(loops, 300, 2);
        List<ShardWritten> shards = log.events(ShardWritten.class);
        assertThat(shards).hasSizeLessThanOrEqualTo(9).allMatch(s -> s.getTokenizerVersion() == 1);
        assertThat(shards.stream().mapToLong(ShardWritten::getTokens).sum())
                .isEqualTo(loops.tally().counts().tokens());
        assertThat(ids(shards))
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 302)
                        .mapToObj(i -> i < 300 ? "d" + i : "c" + (i - 299))
                        .toList());
        assertThat(texts(shards))
                .containsAll(Log.documents(0, 300).stream()
                        .map(DocumentCleaned::getText)
                        .toList());
        try (var scratch = Files.list(dir.resolve("0").resolve("scratch"))) {
            assertThat(scratch).isEmpty();
        }
    }

    @Test
    void theLagEndsAtZeroBehindMarkersAndAbortedRecords() throws Exception {
        TokenizerLoops loops = start("0", 0);
        log.publish(Log.documents(0, 20));
        loops.training().train(ORDER, progress(new ArrayList<>()));
        awaitDone(loops, 20, 0);

        log.abort(Log.documents(20, 60));

        awaitDone(loops, 20, 0);
        for (int i = 60; i < 66; i++) {
            log.publish(Log.documents(i, i + 1));
            log.abort(Log.documents(100, 110));
        }
        awaitDone(loops, 26, 0);
        assertThat(ids(log.events(ShardWritten.class))).hasSize(26);
    }

    @Test
    void recordsThatNobodyCanUseBecomeDeadLetters() throws Exception {
        TokenizerLoops loops = start("0", 0);
        log.publish(Log.documents(0, 5));
        log.publishRaw(Events.topicName(DocumentCleaned.class), "bad", new byte[] {(byte) 0xFF, 1});
        log.publish(List.of(DocumentCleaned.newBuilder().setDocumentId("empty").build()));
        log.publish(List.of(
                Log.conversation("order", Role.ROLE_ASSISTANT, Role.ROLE_USER),
                Log.conversation("last", Role.ROLE_USER),
                Log.conversation("role", Role.ROLE_UNSPECIFIED),
                ConversationSubmitted.newBuilder()
                        .setConversationId("none")
                        .setDataset("qa")
                        .build(),
                Log.conversation("good", Role.ROLE_USER, Role.ROLE_ASSISTANT)));

        loops.training().train(ORDER, progress(new ArrayList<>()));

        awaitDone(loops, 5, 1);
        assertThat(log.records(Events.deadLetterTopic(Inputs.DOCUMENTS)))
                .extracting(Log::reason)
                .satisfiesExactlyInAnyOrder(
                        reason -> assertThat(reason).contains("2 bytes are no millrace.events.v1.DocumentCleaned"),
                        reason -> assertThat(reason).isEqualTo("text: expected at least 1 character, got 0"));
        assertThat(log.records(Events.deadLetterTopic(Inputs.CONVERSATIONS)))
                .extracting(Log::reason)
                .containsExactlyInAnyOrder(
                        "turns[0].role: expected USER, got ASSISTANT",
                        "turns[0].role: expected ASSISTANT last, got USER",
                        "messages[0].role: expected a role, got number 0",
                        "turns: expected at least 1, got 0");
    }

    @Test
    void retractedDocumentsAreLeftOut() throws Exception {
        log.publish(List.of(
                DocumentRetracted.newBuilder().setDocumentId("d1").build(),
                DocumentRetracted.newBuilder().setUrl("http://example.test/2").build(),
                supersededByTheCleaner("d3", "d4"),
                supersededByTheCleaner("d5", "d6"),
                DocumentRetracted.newBuilder().setDocumentId("d5").build(),
                supersededByTheCleaner("d7", "d8")));
        String retractions = Events.topicName(DocumentRetracted.class);
        log.publishRaw(retractions, "d5/cleaner", null); // a person's retraction stays
        log.publishRaw(retractions, "d7/cleaner", null);
        List<DocumentCleaned> documents = new ArrayList<>(Log.documents(0, 8));
        // Two addresses got better; the first one's owner took the page there back.
        documents.add(moved(documents.get(0), "http://example.test/00"));
        documents.add(moved(documents.get(2), "http://example.test/02"));
        log.publish(documents);
        TokenizerLoops loops = start("0", 0);

        loops.training().train(ORDER, progress(new ArrayList<>()));

        awaitDone(loops, 5, 0);
        assertThat(ids(log.events(ShardWritten.class))).containsExactlyInAnyOrder("d0", "d2", "d4", "d6", "d7");
    }

    @Test
    void aDocumentThatStandsAgainIsInTheShardsOnce() throws Exception {
        List<DocumentCleaned> documents = Log.documents(0, 3);
        log.publish(List.of(documents.get(0), documents.get(2)));
        TokenizerLoops loops = start("0", 0);
        loops.training().train(ORDER, progress(new ArrayList<>()));
        awaitDone(loops, 2, 0);
        log.publish(List.of(supersededByTheCleaner("d0", "d9"), supersededByTheCleaner("d1", "d9"), documents.get(1)));
        awaitDone(loops, 2, 0);

        log.restore(moved(documents.get(0), documents.get(0).getUrl())); // is in them
        log.restore(moved(documents.get(1), documents.get(1).getUrl())); // was left out
        awaitDone(loops, 3, 0);
        log.publish(List.of(moved(documents.get(1), "http://example.test/01")));

        awaitDone(loops, 3, 0);
        assertThat(ids(log.events(ShardWritten.class))).containsExactlyInAnyOrder("d0", "d1", "d2");
    }

    private static DocumentRetracted supersededByTheCleaner(String id, String by) {
        return DocumentRetracted.newBuilder()
                .setDocumentId(id)
                .setSupersededBy(by)
                .setRule("near-duplicate")
                .build();
    }

    private static DocumentCleaned moved(DocumentCleaned document, String url) {
        return document.toBuilder()
                .setReplacesUrl(document.getUrl())
                .setUrl(url)
                .build();
    }

    @Test
    void aNewVersionStartsAgainAtTheBeginningOfTheLog() throws Exception {
        TokenizerLoops loops = start("0", 0);
        log.publish(Log.documents(0, 10));
        log.publish(List.of(Log.conversation("c1", Role.ROLE_USER, Role.ROLE_ASSISTANT)));
        loops.training().train(ORDER, progress(new ArrayList<>()));
        awaitDone(loops, 10, 1);

        long second = loops.training().train(SMALLER, progress(new ArrayList<>()));
        log.publish(Log.documents(10, 20));
        awaitDone(loops, 10 + 20, 1 + 1);

        assertThat(second).isEqualTo(2);
        assertThat(versions()).containsExactly(1L, 2L);
        assertThat(ids(shards(1))).containsExactlyInAnyOrderElementsOf(documentsAnd("c1", 10));
        assertThat(ids(shards(2))).containsExactlyInAnyOrderElementsOf(documentsAnd("c1", 20));
    }

    @Test
    void instancesShareTheRoundOfANewVersionAndARestartGoesOnInIt() throws Exception {
        TokenizerLoops first = start("0", 0);
        TokenizerLoops second = start("1", 0);
        for (int i = 0; i < 60; i += 10) {
            log.publish(Log.documents(i, i + 10));
        }
        first.training().train(ORDER, progress(new ArrayList<>()));
        await().atMost(PATIENCE).until(() -> first.backlog().lag() == 0);

        assertThat(second.training().train(SMALLER, progress(new ArrayList<>())))
                .isEqualTo(2);
        await().atMost(PATIENCE).until(() -> second.backlog().lag() == 0);
        first.close();
        second.close();
        TokenizerLoops third = start("2", 0);
        log.publish(Log.documents(60, 70));

        awaitDone(third, 10, 0);
        assertThat(ids(shards(2)))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 70).mapToObj(i -> "d" + i).toList());
        assertThat(ids(shards(1))).hasSize(60).doesNotHaveDuplicates();
    }

    @Test
    void theSameTokenizerIsNotPublishedTwice() throws Exception {
        TokenizerLoops first = start("0", 0);
        TokenizerLoops second = start("1", 0);
        log.publish(Log.documents(0, 10));

        assertThat(first.training().train(ORDER, progress(new ArrayList<>()))).isEqualTo(1);
        assertThat(second.training().train(ORDER, progress(new ArrayList<>()))).isEqualTo(1);

        assertThat(versions()).containsExactly(1L);
    }

    @Test
    void ofFirstTokenizersTheFirstThatIsPublishedWins() throws Exception {
        TokenizerLoops first = start("0", 0);
        TokenizerLoops second = start("1", 0);
        log.publish(Log.documents(0, 10));
        Training.Order one =
                new Training.Order("t", 320, Training.Order.DEFAULT_MAX_BYTES, SplitPattern.NANOCHAT, true);
        Training.Order other =
                new Training.Order("t", 270, Training.Order.DEFAULT_MAX_BYTES, SplitPattern.NANOCHAT, true);

        assertThat(first.training().train(one, progress(new ArrayList<>()))).isEqualTo(1);
        assertThat(second.training().train(other, progress(new ArrayList<>()))).isEqualTo(1);

        assertThat(versions()).containsExactly(1L);
    }

    @Test
    void aFirstTokenizerWhoseFilesAreMissingIsFollowedByTheNext() throws Exception {
        log.publish(List.of(unreadable("t", 1)));
        log.publish(Log.documents(0, 10));
        TokenizerLoops loops = start("0", 0);
        Training.Order first =
                new Training.Order("t", 320, Training.Order.DEFAULT_MAX_BYTES, SplitPattern.NANOCHAT, true);

        assertThat(loops.training().train(first, progress(new ArrayList<>()))).isEqualTo(2);

        assertThat(versions()).containsExactly(1L, 2L);
        awaitDone(loops, 10, 0);
        assertThat(ids(shards(2))).hasSize(10);
    }

    /// It would be trained again and again, and published never.
    @Test
    void anInstanceThatTrainsByItselfDoesSoOnceThoughTheFirstIsUnreadable() throws Exception {
        log.publish(List.of(unreadable("default", 1)));
        TokenizerLoops loops = start("0", 1_000);

        log.publish(Log.documents(0, 60));

        assertThat(loops.tokenizers().await("default", 2, PATIENCE)).isTrue();
        awaitDone(loops, 60, 0);
        assertThat(versions()).containsExactly(1L, 2L);
        assertThat(loops.tokenizers().forShards().orElseThrow().tokenizer().pattern())
                .isEqualTo(SplitPattern.GPT4);
    }

    private static TokenizerPublished unreadable(String name, long version) {
        return TokenizerPublished.newBuilder()
                .setName(name)
                .setVersion(version)
                .addFiles(ArtifactFile.newBuilder()
                        .setName("tokenizer.json")
                        .setArtifact(Artifact.newBuilder()
                                .setUri("file:/gone")
                                .setSha256("0".repeat(64))
                                .setLength(3)))
                .build();
    }

    @Test
    void instancesThatTrainByThemselvesPublishOneTokenizer() throws Exception {
        TokenizerLoops first = start("0", 1_000);
        TokenizerLoops second = start("1", 1_000);

        log.publish(Log.documents(0, 60));

        assertThat(first.tokenizers().await("default", 1, PATIENCE)).isTrue();
        assertThat(second.tokenizers().await("default", 1, PATIENCE)).isTrue();
        await().atMost(PATIENCE).until(() -> first.backlog().lag() == 0);
        first.close();
        second.close();
        assertThat(versions()).containsExactly(1L);
        assertThat(ids(shards(1))).hasSize(60).doesNotHaveDuplicates();
    }

    @Test
    void instancesShareTheWorkAndARestartKnowsEverything() throws Exception {
        TokenizerLoops first = start("0", 0);
        log.publish(Log.documents(0, 10));
        first.training().train(ORDER, progress(new ArrayList<>()));
        TokenizerLoops second = start("1", 0);
        assertThat(second.tokenizers().await("t", 1, PATIENCE)).isTrue();
        for (int i = 10; i < 100; i += 10) {
            log.publish(Log.documents(i, i + 10));
        }
        await().atMost(PATIENCE).until(() -> first.backlog().lag() == 0);

        first.close();
        log.publish(Log.documents(100, 110));

        await().atMost(PATIENCE).until(() -> second.backlog().lag() == 0);
        assertThat(ids(log.events(ShardWritten.class))).hasSize(110).doesNotHaveDuplicates();
    }

    @Test
    void enoughTextTrainsTheFirstTokenizer() throws Exception {
        TokenizerLoops loops = start("0", 5_000);
        log.publish(Log.documents(0, 20));
        assertThat(loops.tokenizers().await("default", 1, Duration.ofSeconds(1)))
                .isFalse();

        log.publish(Log.documents(20, 120));

        assertThat(loops.tokenizers().await("default", 1, PATIENCE)).isTrue();
        awaitDone(loops, 120, 0);
    }

    @Test
    void thereMustBeSomethingToLearnFrom() {
        TokenizerLoops loops = start("0", 0);

        assertThatExceptionOfType(Training.NoDocuments.class)
                .isThrownBy(() -> loops.training().train(ORDER, progress(new ArrayList<>())))
                .withMessage("documents.cleaned.v1 holds no document to learn from");
    }

    @Test
    void trainingEndsWhenNobodyWaits() throws BadRecord {
        TokenizerLoops loops = start("0", 0);
        log.publish(Log.documents(0, 10));

        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> loops.training().train(ORDER, new Progress(new ArrayList<>(), true)));

        assertThat(log.events(TokenizerPublished.class)).isEmpty();
    }

    private TokenizerLoops start(String instance, long autoTrainBytes) {
        TokenizerLoops loops = new TokenizerLoops(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new TokenizerLoops.Settings(
                        instance,
                        Optional.empty(),
                        0.05,
                        autoTrainBytes,
                        Duration.ofMillis(200),
                        320,
                        SplitPattern.GPT4,
                        2_000,
                        1 << 20,
                        Duration.ofMillis(300),
                        Duration.ofMillis(200)),
                store,
                dir.resolve(instance),
                Clock.systemUTC(),
                (thread, death) -> deaths.add(death));
        started.add(loops);
        loops.start();
        return loops;
    }

    private static void awaitDone(TokenizerLoops loops, long documents, long conversations) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(loops.backlog().lag()).isZero();
            Tally.Counts counts = loops.tally().counts();
            assertThat(counts.documents()).isEqualTo(documents);
            assertThat(counts.conversations()).isEqualTo(conversations);
        });
    }

    private List<Long> versions() throws BadRecord {
        return log.events(TokenizerPublished.class).stream()
                .map(TokenizerPublished::getVersion)
                .toList();
    }

    private List<ShardWritten> shards(long version) throws BadRecord {
        return log.events(ShardWritten.class).stream()
                .filter(shard -> shard.getTokenizerVersion() == version)
                .toList();
    }

    private static List<String> documentsAnd(String id, int documents) {
        return Stream.concat(IntStream.range(0, documents).mapToObj(i -> "d" + i), Stream.of(id))
                .toList();
    }

    private List<String> ids(List<ShardWritten> events) throws IOException {
        List<String> ids = new ArrayList<>();
        for (ShardWritten event : events) {
            try (Shard shard = open(event)) {
                for (int i = 0; i < shard.sequences(); i++) {
                    ids.add(shard.id(i));
                }
            }
        }
        return ids;
    }

    private List<String> texts(List<ShardWritten> events) throws IOException, BadRecord {
        TokenizerPublished published = log.events(TokenizerPublished.class).getFirst();
        Tokenizer tokenizer =
                Tokenizer.read(store.materialise(Stored.references(published.getFilesList()), dir.resolve("read"))
                        .resolve("tokenizer.json"));
        List<String> texts = new ArrayList<>();
        for (ShardWritten event : events) {
            try (Shard shard = open(event)) {
                assertThat(shard.sequences()).isEqualTo((int) event.getSequences());
                assertThat(shard.byteCount()).isEqualTo(event.getBytes());
                for (int i = 0; i < shard.sequences(); i++) {
                    assertThat(shard.tokens(i)[0]).isEqualTo(tokenizer.id(SpecialToken.BOS));
                    texts.add(tokenizer.decode(shard.tokens(i)));
                }
            }
        }
        return texts;
    }

    private Shard open(ShardWritten event) throws IOException {
        assertThat(event.getShardId()).isEqualTo(event.getFile().getSha256());
        return Shard.open(
                store.fetch(event.getFile().getSha256(), event.getFile().getLength()));
    }

    private static Training.Progress progress(List<Integer> merges) {
        return new Progress(merges, false);
    }

    private record Progress(List<Integer> merges, boolean isCancelled) implements Training.Progress {

        @Override
        public void read(long documents, long bytes) {
            assertThat(bytes).isGreaterThanOrEqualTo(documents);
        }

        @Override
        public void merged(int made) {
            merges.add(made);
        }
    }
}
