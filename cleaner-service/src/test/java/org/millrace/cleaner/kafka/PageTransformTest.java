package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.Message;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.CountryPage;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.Retractions;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.duplicate.Paragraphs;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;
import org.millrace.proto.events.v1.PageFetched;

class PageTransformTest {

    private static final Cleaner CLEANER = Fixtures.cleaner();

    private static final String TEXT =
            CountryPage.text("France", List.of("Paris", "Europe", "euro", "French", "Spain", "onion soup"), 3, 1);

    private static final String HTML = CountryPage.html("France", TEXT);

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final Retractions retractions = new Retractions();

    @TempDir
    Path directory;

    private ArtifactStore artifacts;
    private PageTransform transform;

    @BeforeEach
    void open() throws IOException {
        artifacts = ArtifactStore.open(directory.toUri(), directory.resolve("cache"));
        transform = new PageTransform(CLEANER, artifacts, retractions, metrics);
    }

    @Test
    void aGoodPageIsProposed() throws Exception {
        DocumentProposed proposal = proposed(Fixtures.page("https://example.org/france", HTML));

        assertThat(proposal.getDocument().getUrl()).isEqualTo("https://example.org/france");
        assertThat(proposal.getDocument().getTitle()).isEqualTo("France");
        assertThat(proposal.getDocument().getText()).isEqualTo("France\n\n" + TEXT);
        assertThat(proposal.getDocument().getLanguage()).isEqualTo("en");
        assertThat(proposal.getDocument().getFetchedAtMs()).isEqualTo(1_700_000_000_000L);
        assertThat(proposal.getDocument().getCrawlId()).isEqualTo("crawl-1");
        assertThat(proposal.getSignatureList()).hasSize(MinHash.SIZE);
        assertThat(proposal.getParagraphsList())
                .containsExactly(
                        Arrays.stream(Paragraphs.edges(proposal.getDocument().getText()))
                                .boxed()
                                .toArray(Long[]::new));
        assertThat(metrics.get("page_seconds").timer().count()).isEqualTo(1);
    }

    @Test
    void thePagesOwnLicenceGoesBeforeTheServers() throws Exception {
        String own = "https://creativecommons.org/licenses/by/4.0/";
        String servers = "https://example.org/terms";
        PageFetched silent = Fixtures.page("https://example.org/france", HTML).toBuilder()
                .setLicence(servers)
                .build();
        String said = HTML.replace("<body>", "<body><a rel='license' href='" + own + "'>CC BY</a>");
        PageFetched outspoken = Fixtures.page("https://example.org/france", said).toBuilder()
                .setLicence(servers)
                .build();

        assertThat(proposed(silent).getDocument().getLicence()).isEqualTo(servers);
        assertThat(proposed(outspoken).getDocument().getLicence()).isEqualTo(own);
    }

    @Test
    void aRetractedPageIsDroppedUntilTheRetractionIsTakenBack() throws Exception {
        PageFetched page = Fixtures.page("https://example.org/france", HTML);
        String id = proposed(page).getDocument().getDocumentId();

        retractions.put("a", "https://example.org/france");
        assertThat(DocumentDropped.parseFrom(only(page).value()).getRule()).isEqualTo("retracted");
        retractions.remove("a");
        assertThat(proposed(page).getDocument().getDocumentId()).isEqualTo(id);

        retractions.put("b", id); // the text, wherever it comes from
        PageFetched elsewhere = Fixtures.page("https://example.net/copy", HTML);
        assertThat(DocumentDropped.parseFrom(only(elsewhere).value()).getRule()).isEqualTo("retracted");
    }

    @Test
    void aBadPageIsDroppedWithItsReason() throws Exception {
        ProducerRecord<String, byte[]> record =
                only(Fixtures.page("https://example.org/thin", "<p>Nothing much here.</p>"));

        assertThat(record.topic()).isEqualTo(Events.topicName(DocumentDropped.class));
        assertThat(DocumentDropped.parseFrom(record.value()).toBuilder()
                        .clearLanguage()
                        .build())
                .isEqualTo(DocumentDropped.newBuilder()
                        .setUrl("https://example.org/thin")
                        .setExcerpt("Nothing much here.")
                        .setCharacters(18)
                        .setRule("too-short")
                        .setValue("3 words")
                        .setThreshold("at least 30 words")
                        .setFetchedAtMs(1_700_000_000_000L)
                        .setCrawlId("crawl-1")
                        .build());
        assertThat(metrics.counter("documents_dropped", "rule", "too-short").count())
                .isEqualTo(1);
    }

    @Test
    void pagesThatWereNotFetchedPassCounted() throws Exception {
        PageFetched page = PageFetched.newBuilder()
                .setUrl("https://example.org/gone")
                .setOutcome(PageFetched.Outcome.OUTCOME_HTTP_ERROR)
                .setStatus(404)
                .build();

        assertThat(transform.apply(consumed(page))).isEmpty();
        assertThat(metrics.counter("pages_passed", "outcome", "http_error").count())
                .isEqualTo(1);
    }

    @Test
    void largeBodiesComeFromTheArtifactStore() throws Exception {
        byte[] body = HTML.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(body);
        }

        String inline = proposed(Fixtures.page("https://example.org/", HTML))
                .getDocument()
                .getText();

        assertThat(proposed(claim(body, "")).getDocument().getText()).isEqualTo(inline);
        assertThat(proposed(claim(gzip.toByteArray(), "gzip")).getDocument().getText())
                .isEqualTo(inline);
        assertThat(proposed(claim(Zstd.compress(body), "zstd")).getDocument().getText())
                .isEqualTo(inline);
    }

    @Test
    void aBombIsCutAndDropped() throws Exception {
        byte[] bomb = Zstd.compress(new byte[20 * Page.MAX_BODY_BYTES]);

        ProducerRecord<String, byte[]> record = only(claim(bomb, "zstd"));

        assertThat(DocumentDropped.parseFrom(record.value()).getRule()).isEqualTo("too-large");
    }

    @Test
    void aClaimThatIsNotThereIsABadRecord() {
        PageFetched page = Fixtures.page("https://example.org/", HTML).toBuilder()
                .setClaim(Artifact.newBuilder().setSha256("0".repeat(64)).setLength(10))
                .build();

        assertThatThrownBy(() -> transform.apply(consumed(page)))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("claim: ");
    }

    /// Row A7 of `docs/faults.md`: another object under that name, a part of it, none of it.
    @ParameterizedTest
    @ValueSource(strings = {"other", "truncated", "empty"})
    void aClaimThatIsDamagedIsABadRecord(String damage) throws Exception {
        byte[] body = HTML.getBytes(StandardCharsets.UTF_8);
        PageFetched page = claim(body, "");
        Path object = Path.of(URI.create(page.getClaim().getUri()));
        byte[] damaged = Arrays.copyOf(
                body,
                switch (damage) {
                    case "other" -> body.length;
                    case "truncated" -> body.length / 2;
                    default -> 0;
                });
        if (damaged.length == body.length) {
            damaged[7] ^= 1;
        }
        Files.delete(object); // it is read-only
        Files.write(object, damaged);

        assertThatThrownBy(() -> transform.apply(consumed(page)))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("claim: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "rot13"})
    void aClaimInAnotherCodecIsABadRecord(String codec) throws Exception {
        PageFetched page = claim("this is not compressed at all".getBytes(StandardCharsets.UTF_8), codec);

        assertThatThrownBy(() -> transform.apply(consumed(page)))
                .isInstanceOf(BadRecord.class)
                .hasMessageContaining(codec);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 40})
    void aClaimThatIsCutGzipIsABadRecord(int length) throws Exception {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(whole)) {
            gzip.write(HTML.getBytes(StandardCharsets.UTF_8));
        }
        PageFetched page = claim(Arrays.copyOf(whole.toByteArray(), length), "gzip");

        assertThatThrownBy(() -> transform.apply(consumed(page)))
                .isInstanceOf(BadRecord.class)
                .hasMessageContaining("gzip");
    }

    @Test
    void aFetchedPageWithoutUrlOrBodyIsABadRecord() {
        PageFetched page = Fixtures.page("https://example.org/", HTML);

        assertThatThrownBy(() ->
                        transform.apply(consumed(page.toBuilder().clearBody().build())))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("body: ");
        assertThatThrownBy(() ->
                        transform.apply(consumed(page.toBuilder().clearUrl().build())))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("url: ");
    }

    private PageFetched claim(byte[] stored, String codec) throws IOException {
        Reference reference = artifacts.put(stored);
        return Fixtures.page("https://example.org/large", "").toBuilder()
                .setClaim(Artifact.newBuilder()
                        .setUri(reference.uri())
                        .setSha256(reference.sha256())
                        .setLength(reference.length())
                        .setCodec(codec))
                .build();
    }

    private DocumentProposed proposed(PageFetched page) throws Exception {
        ProducerRecord<String, byte[]> record = only(page);
        assertThat(record.topic()).isEqualTo(Events.topicName(DocumentProposed.class));
        return DocumentProposed.parseFrom(record.value());
    }

    private ProducerRecord<String, byte[]> only(PageFetched page) throws BadRecord {
        List<ProducerRecord<String, byte[]>> output = transform.apply(consumed(page));
        assertThat(output).hasSize(1);
        return output.getFirst();
    }

    private static ConsumerRecord<String, byte[]> consumed(Message event) {
        return Fixtures.consumed(Fixtures.CRAWLER.record("key", event), 0);
    }
}
