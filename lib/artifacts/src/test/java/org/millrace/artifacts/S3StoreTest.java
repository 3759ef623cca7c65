package org.millrace.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real client of AWS against a small S3 of our own.
class S3StoreTest {

    private static final byte[] BYTES = "some bytes".getBytes(UTF_8);

    @TempDir
    Path cache;

    private FakeS3 s3;
    private ArtifactStore store;

    @BeforeAll
    static void credentials() {
        System.setProperty("aws.accessKeyId", "test");
        System.setProperty("aws.secretAccessKey", "test");
    }

    @AfterAll
    static void noCredentials() {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    @BeforeEach
    void open() throws IOException {
        s3 = new FakeS3();
        store = ArtifactStore.open(
                URI.create("s3://bucket/some/prefix/?region=eu-west-1&endpoint="
                        + URLEncoder.encode(s3.endpoint(), UTF_8)),
                cache);
    }

    @AfterEach
    void close() {
        s3.close();
    }

    @Test
    void whatWasPutIsReadAndLiesUnderItsHash() throws IOException {
        Reference reference = store.put(BYTES);

        String name = "some/prefix/sha256/" + reference.sha256().substring(0, 2) + "/"
                + reference.sha256().substring(2);
        assertThat(reference.uri()).isEqualTo("s3://bucket/" + name);
        assertThat(s3.objects).containsOnlyKeys("/bucket/" + name);
        assertThat(s3.objects.get("/bucket/" + name)).isEqualTo(BYTES);
        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
    }

    @Test
    void aFileIsStoredAsItsBytesAre(@TempDir Path elsewhere) throws IOException {
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);

        Reference reference = store.put(Files.write(elsewhere.resolve("large"), large));

        assertThat(store.fetch(reference.sha256(), large.length)).hasBinaryContent(large);
    }

    @Test
    void puttingAgainSendsNothing() throws IOException {
        store.put(BYTES);
        store.put(BYTES);

        assertThat(s3.calls).filteredOn(call -> call.startsWith("PUT")).hasSize(1);
    }

    @Test
    void aSecondReadComesFromTheCache() throws IOException {
        Reference reference = store.put(BYTES);
        store.read(reference.sha256(), reference.length());
        s3.objects.clear();

        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
    }

    @Test
    void aDamagedCacheEntryIsFetchedAgain() throws IOException {
        Reference reference = store.put(BYTES);
        Path cached = store.fetch(reference.sha256(), reference.length());
        Files.delete(cached);
        Files.write(cached, new byte[] {1, 2, 3});

        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
        assertThat(cached).hasBinaryContent(BYTES);
    }

    @Test
    void whatIsNotThereIsMissing() {
        assertThatThrownBy(() -> store.read("0".repeat(64), 3))
                .isInstanceOf(ArtifactMissing.class)
                .hasMessageContaining("s3://bucket/some/prefix/");
    }

    @Test
    void damagedAndTruncatedObjectsAreCorruptAndNotCached() throws IOException {
        Reference reference = store.put(BYTES);
        for (byte[] wrong : new byte[][] {"some bytez".getBytes(UTF_8), {BYTES[0]}, {}}) {
            s3.objects.replaceAll((key, object) -> wrong);

            assertThatThrownBy(() -> store.fetch(reference.sha256(), reference.length()))
                    .isInstanceOf(ArtifactCorrupt.class);
        }
        s3.objects.replaceAll((key, object) -> BYTES);
        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
    }

    @Test
    void oneBusyAnswerIsTriedAgain() throws IOException {
        s3.failures = 1;

        Reference reference = store.put(BYTES);

        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
    }

    @Test
    void aStoreThatIsDownIsAnIoError() {
        s3.close();

        assertThatThrownBy(() -> store.put(BYTES))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot store s3://bucket/");
    }

    @Test
    void aDirectoryTravelsWhole(@TempDir Path elsewhere) throws IOException {
        Files.write(elsewhere.resolve("tokenizer.json"), BYTES);
        SortedMap<String, Reference> files = store.putDirectory(elsewhere);

        assertThat(store.materialise(files, cache.resolve("made")).resolve("tokenizer.json"))
                .hasBinaryContent(BYTES);
    }
}
