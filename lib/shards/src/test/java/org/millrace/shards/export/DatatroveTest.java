package org.millrace.shards.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.shards.Sequence;

/// Read as datatrove reads them: the index says where each document ends, the metadata how wide an id is.
class DatatroveTest {

    private static final List<Sequence> FIRST =
            List.of(new Sequence("a", new int[] {299, 1, 2}, 7), new Sequence("b", new int[] {299, 40}, 3));
    private static final List<Sequence> SECOND = List.of(new Sequence("c", new int[] {299, 9}, 1));
    private static final List<Sequence> MASKED = List.of(
            new Sequence("a", new int[] {5, 6, 7}, new boolean[] {false, false, true}, 2),
            new Sequence("b", new int[] {5, 8}, new boolean[] {false, true}, 1));

    @TempDir
    Path dir;

    private Shards shards;
    private Path file;

    @BeforeEach
    void folder() {
        shards = new Shards(dir);
        file = dir.resolve("00000_unshuffled.ds");
    }

    @Test
    void documents() throws IOException {
        Datatrove.write(file, List.of(shards.documents(300, FIRST), shards.documents(300, SECOND)));

        assertThat(read()).containsExactly(List.of(299, 1, 2), List.of(299, 40), List.of(299, 9));
        assertThat(metadata()).containsExactly("atlas@3|2", "7", "7.00 T");
        assertThat(beside("loss")).doesNotExist();
        assertThat(Files.size(file)).isEqualTo(7 * 2);
    }

    @Test
    void idsOfFourBytes() throws IOException {
        List<Sequence> large = List.of(new Sequence("d", new int[] {199_999, 65_536}, 4));
        Datatrove.write(file, List.of(shards.documents(200_000, FIRST), shards.documents(200_000, large)));

        assertThat(read()).containsExactly(List.of(299, 1, 2), List.of(299, 40), List.of(199_999, 65_536));
        assertThat(metadata()).startsWith("atlas@3|4", "7");
    }

    @Test
    void aLossMaskIsOneByteForEachId() throws IOException {
        Datatrove.write(
                file, List.of(shards.conversations(100, MASKED), shards.conversations(100, MASKED.subList(1, 2))));

        assertThat(read()).containsExactly(List.of(5, 6, 7), List.of(5, 8), List.of(5, 8));
        assertThat(Files.readAllBytes(beside("loss"))).containsExactly(0, 0, 1, 0, 1, 0, 1);
    }

    @Test
    void whatIsNotTakenIsNotThere() throws IOException {
        Datatrove.write(
                file,
                List.of(shards.conversations(100, MASKED), shards.conversations(100, MASKED)),
                id -> id.equals("b"));

        assertThat(read()).containsExactly(List.of(5, 8), List.of(5, 8));
        assertThat(Files.readAllBytes(beside("loss"))).containsExactly(0, 1, 0, 1);
        assertThat(metadata()).containsExactly("atlas@3|2", "4", "4.00 T");
    }

    @Test
    void whatWasThereIsReplacedWhole() throws IOException {
        Datatrove.write(file, List.of(shards.conversations(100, MASKED)));
        Datatrove.write(file, List.of(shards.documents(300, SECOND)));

        assertThat(read()).containsExactly(List.of(299, 9));
        assertThat(beside("loss")).doesNotExist();
        assertThat(files())
                .containsExactlyInAnyOrder(
                        file.getFileName() + "", file.getFileName() + ".index", file.getFileName() + ".metadata");
    }

    @Test
    void withAndWithoutAMaskAreNotMixed() throws IOException {
        Path documents = shards.documents(100, SECOND.subList(0, 0));
        Path masked = shards.conversations(100, MASKED);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datatrove.write(file, List.of(documents, masked)))
                .withMessage("%s: loss mask: expected false, as in %s, got true".formatted(masked, documents));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datatrove.write(file, List.of()))
                .withMessage("shards: expected at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datatrove.write(dir.resolve("x.bin"), List.of(documents)))
                .withMessage("file: expected a name that ends in .ds, got " + dir.resolve("x.bin"));
        assertThat(files()).isEmpty();
    }

    @Test
    void whatFailsLeavesWhatWasThere() throws IOException {
        Datatrove.write(file, List.of(shards.documents(300, FIRST)));
        Path good = shards.documents(300, SECOND);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Datatrove.write(file, List.of(good, dir.resolve("none.shard"))));

        assertThat(read()).containsExactly(List.of(299, 1, 2), List.of(299, 40));
        assertThat(files()).hasSize(3);
    }

    @Test
    void countsForPeople() {
        assertThat(Stream.of(0L, 999L, 1_500L, 123_456L, 999_999L, 100_000_000_000L, Long.MAX_VALUE)
                        .map(Datatrove::rounded))
                .containsExactly("0.00 T", "999 T", "1.50 kT", "123 kT", "1000 kT", "100 GT", "9.22 ET");
    }

    private List<List<Integer>> read() throws IOException {
        int width = Integer.parseInt(metadata().getFirst().split("\\|", -1)[1]);
        ByteBuffer ids = bytes(file);
        ByteBuffer ends = bytes(beside("index"));
        List<List<Integer>> documents = new ArrayList<>();
        while (ends.hasRemaining()) {
            long end = ends.getLong();
            List<Integer> document = new ArrayList<>();
            while (ids.position() < end * width) {
                document.add(width == 2 ? Short.toUnsignedInt(ids.getShort()) : ids.getInt());
            }
            documents.add(document);
        }
        assertThat(ids.hasRemaining()).isFalse();
        return documents;
    }

    private List<String> metadata() throws IOException {
        return Arrays.asList(
                Files.readString(beside("metadata"), StandardCharsets.UTF_8).split("\n", -1));
    }

    private static ByteBuffer bytes(Path file) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private Path beside(String ending) {
        return dir.resolve(file.getFileName() + "." + ending);
    }

    /// But the shards.
    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(path -> path.getFileName().toString())
                    .filter(name -> !name.endsWith(".shard"))
                    .toList();
        }
    }
}
