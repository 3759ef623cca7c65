package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.broker.Broker;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.proto.events.v1.UrlVisited;
import picocli.CommandLine;

/// The command as a user calls it. That it opens the log of a stopped system, `QuickDemoIT` shows.
class ReportCommandTest {

    private static final List<Class<? extends Message>> TOPICS = List.of(
            UrlVisited.class,
            DocumentCleaned.class,
            DocumentDropped.class,
            DocumentRetracted.class,
            ShardWritten.class,
            TokenizerPublished.class,
            ModelPublished.class);

    private final Events events = new Events("test");
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ByteArrayOutputStream complained = new ByteArrayOutputStream();
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;

    @TempDir
    Path state;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(out);
        System.setErr(err);
    }

    @Test
    void whatIsOnTheLogIsAccountedFor() throws Exception {
        Path html = state.resolve("report.html");
        try (Broker broker = Broker.start(state.resolve("kafka"), 0)) {
            publish(broker.bootstrapServers());

            int code = run("report", "--bootstrap", broker.bootstrapServers(), "--out", html.toString());

            assertThat(code).as(complaints()).isZero();
        }
        JsonNode figures = lastLine();
        assertThat(figures.path("kept").asInt()).isEqualTo(2);
        assertThat(figures.path("dropped_by_rule").toString())
                .isEqualTo("{\"exact-duplicate\":1,\"near-duplicate\":1,\"too-short\":1}");
        assertThat(figures.path("duplicate_pages").asInt()).isEqualTo(2);
        assertThat(figures.path("revisits").asInt()).isEqualTo(3);
        assertThat(figures.path("domains").toString()).isEqualTo("{\"example.org\":1,\"moved.example\":1}");
        assertThat(figures.path("taken_back_by_cleaner").asInt()).isEqualTo(1);
        assertThat(figures.path("taken_back_by_people").asInt()).isEqualTo(1);
        assertThat(figures.path("fetch_outcomes").toString()).isEqualTo("{\"fetched\":5,\"http error\":1}");
        assertThat(figures.path("languages").toString()).isEqualTo("{\"de\":1,\"en\":1}");
        assertThat(figures.path("licences").path("CC BY 4.0").asInt()).isEqualTo(1);
        // 2 × 1,000 bytes; the newest tokenizer made 250 tokens of each 1,000
        assertThat(figures.path("tokens").asInt()).isEqualTo(500);
        assertThat(figures.path("parameters").asInt()).isEqualTo(25);
        assertThat(figures.path("verdict").asText()).isEqualTo("enough");
        assertThat(complaints()).contains("1 records are unreadable");

        Document page = Jsoup.parse(Files.readString(html));
        assertThat(page.select("h2").eachText())
                .contains("Is it enough?", "What was fetched 60 B", "Kept and dropped", "Duplicates", "Quality scores");
        assertThat(page.select("td").eachText()).contains("https://example.org/<b>thin</b>", "Too <i>thin</i>");
        assertThat(page.select("main b, main i, main img")).isEmpty();
    }

    private void publish(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(TOPICS.stream()
                            .map(type -> new NewTopic(Events.topicName(type), 2, (short) 1))
                            .toList())
                    .all()
                    .get(60, TimeUnit.SECONDS);
        }
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new ByteArraySerializer())) {
            for (String url : new String[] {"a", "b", "c", "d", "thin"}) {
                send(producer, url, visited(url, PageFetched.Outcome.OUTCOME_FETCHED));
            }
            send(producer, "gone", visited("gone", PageFetched.Outcome.OUTCOME_HTTP_ERROR));
            DocumentCleaned a = document("a", "en").setQualityScore(0.7f).build();
            send(producer, "a", a);
            send(producer, "b", document("b", "en").build());
            send(producer, "c", document("c", "en").build());
            DocumentCleaned d = document("d", "de")
                    .setLicence("https://creativecommons.org/licenses/by/4.0/")
                    .build();
            send(producer, "d", d);
            // d moved, and its crawler came back to it, and twice to the page whose text it was before
            String moved = "https://moved.example/d";
            send(
                    producer,
                    "d",
                    d.toBuilder().setUrl(moved).setReplacesUrl(d.getUrl()).build());
            DocumentDropped.Builder copy = dropped("d", "exact-duplicate").setDuplicateOf("d");
            send(producer, "url", copy.build());
            send(producer, "url", copy.build());
            send(producer, "url2", copy.setUrl(moved).build());
            // its crawler came back to b while b stood; then b gave way to a; c's owner took it back; d's owner did,
            // and thought better of it
            send(
                    producer,
                    "url",
                    dropped("b", "exact-duplicate").setDuplicateOf("b").build());
            send(
                    producer,
                    "b/cleaner",
                    DocumentRetracted.newBuilder()
                            .setDocumentId("b")
                            .setSupersededBy("a")
                            .setRule("near-duplicate")
                            .build());
            send(
                    producer,
                    "url",
                    dropped("b", "near-duplicate").setDuplicateOf("a").build());
            send(
                    producer,
                    "c",
                    DocumentRetracted.newBuilder()
                            .setUrl("https://example.org/c")
                            .setReason("mine")
                            .build());
            send(
                    producer,
                    "d",
                    DocumentRetracted.newBuilder()
                            .setDocumentId("d")
                            .setReason("mine")
                            .build());
            String retractions = Events.topicName(DocumentRetracted.class);
            producer.send(new ProducerRecord<>(retractions, "d", null)).get();
            send(
                    producer,
                    "url",
                    dropped("<b>thin</b>", "too-short")
                            .setExcerpt("Too <i>thin</i>")
                            .build());
            producer.send(new ProducerRecord<>(Events.topicName(DocumentDropped.class), "bad", new byte[] {1}))
                    .get();
            shards(producer);
            send(
                    producer,
                    "demo",
                    TokenizerPublished.newBuilder()
                            .setName("demo")
                            .setVersion(2)
                            .setVocabularySize(500)
                            .build());
            ArtifactFile weights = ArtifactFile.newBuilder()
                    .setName("model.safetensors")
                    .setArtifact(Artifact.newBuilder().setLength(100))
                    .build();
            send(
                    producer,
                    "demo",
                    ModelPublished.newBuilder()
                            .setName("demo")
                            .setVersion(1)
                            .setRole(ModelPublished.Role.ROLE_POLICY)
                            .addFiles(weights)
                            .build());
        }
    }

    private void shards(KafkaProducer<String, byte[]> producer) throws Exception {
        send(producer, "s1", shard("s1", 1, 9_999, 1).setWrittenAtMs(1).build());
        send(producer, "s2", shard("s2", 2, 2_000, 500).setWrittenAtMs(2).build());
        send(producer, "s2", shard("s2", 2, 2_000, 500).setWrittenAtMs(3).build()); // the same once more
        send(
                producer,
                "s3",
                shard("s3", 2, 50, 50)
                        .setKind(ShardWritten.Kind.KIND_CONVERSATIONS)
                        .setWrittenAtMs(4)
                        .build());
    }

    private static ShardWritten.Builder shard(String id, int version, long bytes, long tokens) {
        return ShardWritten.newBuilder()
                .setShardId(id)
                .setKind(ShardWritten.Kind.KIND_DOCUMENTS)
                .setTokenizer("demo")
                .setTokenizerVersion(version)
                .setBytes(bytes)
                .setTokens(tokens);
    }

    private static UrlVisited visited(String url, PageFetched.Outcome outcome) {
        return UrlVisited.newBuilder()
                .setUrl("https://example.org/" + url)
                .setOutcome(outcome)
                .setBytes(10)
                .build();
    }

    private static DocumentCleaned.Builder document(String id, String language) {
        return DocumentCleaned.newBuilder()
                .setDocumentId(id)
                .setUrl("https://example.org/" + id)
                .setText("word ".repeat(200))
                .setLanguage(language);
    }

    private static DocumentDropped.Builder dropped(String url, String rule) {
        return DocumentDropped.newBuilder().setUrl("https://example.org/" + url).setRule(rule);
    }

    private void send(KafkaProducer<String, byte[]> producer, String key, Message event) throws Exception {
        producer.send(events.record(key, event)).get();
    }

    @Test
    void whatTheCleanerWroteIsAccountedForWithoutALog() throws Exception {
        Path lines = Files.writeString(state.resolve("clean.jsonl"), """
                {"source":"a","verdict":"kept","text":"%s","language":"en"}
                {"source":"b","verdict":"dropped","rule":"language","value":"fr","threshold":"en"}
                """.formatted("x".repeat(4_000)));
        Path html = state.resolve("new folder/report.html");

        int code = run("report", "--json", lines.toString(), "--parameters", "10k", "--out", html.toString());

        assertThat(code).as(complaints()).isZero();
        assertThat(lastLine().path("tokens").asInt()).isEqualTo(1_000);
        assertThat(lastLine().path("verdict").asText()).isEqualTo("too little");
        assertThat(html).exists();
        assertThat(Jsoup.parse(Files.readString(html)).select("h2").eachText()).doesNotContain("What was fetched");
    }

    @Test
    void aDepthHasTheVocabularyThatIsAskedFor() throws Exception {
        Path lines = Files.writeString(
                state.resolve("clean.jsonl"), "{\"source\":\"a\",\"verdict\":\"kept\",\"text\":\"some text\"}");
        String html = state.resolve("r.html").toString();

        run("report", "--json", lines.toString(), "--depth", "4", "--vocabulary", "4096", "--out", html);

        assertThat(lastLine().path("parameters").asLong())
                .isEqualTo(ModelSize.ofDepth(4, 4096).parameters());
    }

    @Test
    void wrongUsageIsNamed() {
        assertThat(run("report", "--depth", "65")).isEqualTo(2);
        assertThat(run("report", "--parameters", "many")).isEqualTo(2);
        assertThat(run("report", "--parameters", "1M", "--depth", "4")).isEqualTo(2);
        assertThat(run("report", "--vocabulary", "1")).isEqualTo(2);
        assertThat(run()).isEqualTo(2);
        assertThat(complaints())
                .contains("--depth: expected 1 to 64, got 65", "560M", "mutually exclusive", "Name a command of data.");
    }

    private static int run(String... arguments) {
        return new CommandLine(new DataCommand()).execute(arguments);
    }

    private String complaints() {
        return complained.toString(StandardCharsets.UTF_8);
    }

    private JsonNode lastLine() throws Exception {
        String[] lines = printed.toString(StandardCharsets.UTF_8).strip().split("\n");
        return new ObjectMapper().readTree(lines[lines.length - 1]);
    }
}
