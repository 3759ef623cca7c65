package org.millrace.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalStoreTest {

    private static final byte[] BYTES = "some bytes".getBytes(UTF_8);
    private static final String NAME = "a5ad2ccd8bc9f9c8e8f7c3e8d1c4b6b1f0a0ea4f4fc0f6ab0cf1a8d0c2ef0b7e";

    @TempDir
    Path root;

    private ArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        store = ArtifactStore.open(root.toUri(), root.resolve("unused"));
    }

    @Test
    void whatWasPutIsReadAndLiesUnderItsHash() throws IOException {
        Reference reference = store.put(BYTES);

        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
        assertThat(store.fetch(reference.sha256(), reference.length())).hasBinaryContent(BYTES);
        Path stored = root.resolve("sha256/" + reference.sha256().substring(0, 2) + "/"
                + reference.sha256().substring(2));
        assertThat(URI.create(reference.uri())).isEqualTo(stored.toUri());
        assertThat(stored).hasBinaryContent(BYTES);
    }

    @Test
    void aFileIsStoredAsItsBytesAre(@TempDir Path elsewhere) throws IOException {
        byte[] large = new byte[1 << 20];
        new Random(1).nextBytes(large);
        Path file = Files.write(elsewhere.resolve("large"), large);

        assertThat(store.put(file)).isEqualTo(store.put(large));
    }

    @Test
    void puttingAgainChangesNothingAndLeavesNoDraft() throws IOException {
        store.put(BYTES);
        store.put(BYTES);

        assertThat(files(root)).hasSize(1);
    }

    @Test
    void anEmptyArtifactIsAnArtifact() throws IOException {
        Reference reference = store.put(new byte[0]);

        assertThat(reference.length()).isZero();
        assertThat(store.read(reference.sha256(), 0)).isEmpty();
    }

    @Test
    void manyThreadsMayPutTheSameBytes() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Reference>> puts = IntStream.range(0, 50)
                    .<Callable<Reference>>mapToObj(i -> () -> store.put(BYTES))
                    .toList();
            for (Future<Reference> put : threads.invokeAll(puts)) {
                assertThat(put.get()).isEqualTo(store.put(BYTES));
            }
        }
        assertThat(files(root)).hasSize(1);
    }

    @Test
    void whatIsNotThereIsMissing() {
        assertThatThrownBy(() -> store.read(NAME, 3))
                .isInstanceOf(ArtifactMissing.class)
                .hasMessageContaining(NAME);
        assertThatThrownBy(() -> store.fetch(NAME, 3)).isInstanceOf(ArtifactMissing.class);
    }

    @Test
    void aFlippedBitIsCorruptAndTheNextPutRepairsIt() throws IOException {
        Reference reference = store.put(BYTES);
        byte[] flipped = BYTES.clone();
        flipped[3] ^= 1;
        damage(reference, flipped);

        assertThatThrownBy(() -> store.read(reference.sha256(), reference.length()))
                .isInstanceOf(ArtifactCorrupt.class)
                .hasMessageContaining("expected SHA-256 " + reference.sha256());
        assertThatThrownBy(() -> store.fetch(reference.sha256(), reference.length()))
                .isInstanceOf(ArtifactCorrupt.class);

        store.put(BYTES);
        assertThat(store.read(reference.sha256(), reference.length())).isEqualTo(BYTES);
    }

    @Test
    void aTruncatedFileIsCorrupt() throws IOException {
        Reference reference = store.put(BYTES);
        damage(reference, new byte[] {BYTES[0]});

        assertThatThrownBy(() -> store.read(reference.sha256(), reference.length()))
                .isInstanceOf(ArtifactCorrupt.class)
                .hasMessageContaining("expected 10 bytes, got 1");
    }

    @Test
    void aWrongLengthInTheReferenceIsCorrupt() throws IOException {
        Reference reference = store.put(BYTES);

        assertThatThrownBy(() -> store.fetch(reference.sha256(), 11)).isInstanceOf(ArtifactCorrupt.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../../etc/passwd", "A5AD", "a5ad/../x", "file:///etc/passwd"})
    void nothingButAHashNamesAnArtifact(String name) {
        assertThatThrownBy(() -> store.read(name, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 64 lowercase hex digits");
        assertThatThrownBy(() -> store.fetch(name, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDirectoryTravelsWhole(@TempDir Path elsewhere) throws IOException {
        Files.write(elsewhere.resolve("config.json"), BYTES);
        Files.write(elsewhere.resolve("model.safetensors"), new byte[100]);
        SortedMap<String, Reference> files = store.putDirectory(elsewhere);

        Path made = store.materialise(files, root.resolve("models"));

        assertThat(names(made)).containsExactlyInAnyOrder("config.json", "model.safetensors");
        assertThat(made.resolve("config.json")).hasBinaryContent(BYTES);
        assertThat(store.materialise(files, root.resolve("models"))).isEqualTo(made);
        assertThat(names(root.resolve("models"))).hasSize(1);
    }

    @Test
    void aDamagedDirectoryIsMadeAnew(@TempDir Path elsewhere) throws IOException {
        Files.write(elsewhere.resolve("config.json"), BYTES);
        SortedMap<String, Reference> files = store.putDirectory(elsewhere);
        Path made = store.materialise(files, root.resolve("models"));
        Files.delete(made.resolve("config.json"));

        assertThat(store.materialise(files, root.resolve("models")).resolve("config.json"))
                .hasBinaryContent(BYTES);
    }

    @Test
    void aDirectoryWithAMissingFileDoesNotAppear() {
        SortedMap<String, Reference> files = new TreeMap<>();
        files.put("config.json", new Reference("file:/x", NAME, 3));

        assertThatThrownBy(() -> store.materialise(files, root.resolve("models")))
                .isInstanceOf(ArtifactMissing.class);

        assertThat(root.resolve("models")).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/b", "/etc/passwd", "", ".", "..", ".hidden", "a\\b", "a\0b"})
    void aFileNameCannotLeaveItsDirectory(String name) {
        SortedMap<String, Reference> files = new TreeMap<>();
        files.put(name, new Reference("file:/x", NAME, 3));

        assertThatThrownBy(() -> store.materialise(files, root.resolve("models")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("file name: expected letters");
    }

    @Test
    void aTreeIsNoFlatDirectory(@TempDir Path elsewhere) throws IOException {
        Files.createDirectory(elsewhere.resolve("inner"));

        assertThatThrownBy(() -> store.putDirectory(elsewhere)).hasMessageContaining("expected a flat directory");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://host/x", "artifacts", "s3:///prefix", "s3://bucket?colour=red"})
    void anUnusableRootIsRefusedInASentence(String uri) {
        assertThatThrownBy(() -> ArtifactStore.open(URI.create(uri), root))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("artifacts: expected");
    }

    private void damage(Reference reference, byte[] bytes) throws IOException {
        Path stored = Path.of(URI.create(reference.uri()));
        Files.delete(stored);
        Files.write(stored, bytes);
    }

    private static List<Path> files(Path under) throws IOException {
        try (Stream<Path> files = Files.walk(under)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /// Where there are no links, as from one disk to another.
    @Test
    void aCopyIsHashedOnItsWay(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("source"), "weights");
        Reference wanted = new Reference("", Sha256.of("weights".getBytes(UTF_8)), 7);

        Directories.copy(source, folder.resolve("whole"), wanted);
        assertThat(folder.resolve("whole")).hasContent("weights");

        Files.writeString(source, "weighty");
        assertThatThrownBy(() -> Directories.copy(source, folder.resolve("damaged"), wanted))
                .isInstanceOf(ArtifactCorrupt.class)
                .hasMessageContaining(source.toString());
    }
}
