package org.millrace.shards.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.shards.Sequence;

/// Read as llm.c reads them: a header of 256 int32, then as many ids as its third number says.
class LlmCTest {

    private static final List<Sequence> FIRST =
            List.of(new Sequence("a", new int[] {65_535, 1, 2}, 7), new Sequence("b", new int[] {65_535, 40_000}, 3));
    private static final List<Sequence> SECOND = List.of(new Sequence("c", new int[] {65_535, 9}, 1));

    @TempDir
    Path dir;

    private Shards shards;
    private Path file;

    @BeforeEach
    void folder() {
        shards = new Shards(dir);
        file = dir.resolve("tokens.bin");
    }

    @Test
    void idsOfTwoBytes() throws IOException {
        LlmC.write(file, List.of(shards.documents(65_536, FIRST), shards.documents(65_536, SECOND)));

        ByteBuffer read = read();
        assertThat(header(read)).startsWith(20_240_520, 1, 7).hasSize(256);
        assertThat(header(read))
                .satisfies(rest -> assertThat(IntStream.of(rest).skip(3)).containsOnly(0));
        assertThat(read.remaining()).isEqualTo(256 * 4 + 7 * 2);
        assertThat(IntStream.range(0, 7).map(i -> Short.toUnsignedInt(read.getShort(1_024 + 2 * i))))
                .containsExactly(65_535, 1, 2, 65_535, 40_000, 65_535, 9);
    }

    @Test
    void idsOfFourBytes() throws IOException {
        LlmC.write(
                file,
                List.of(
                        shards.documents(200_000, FIRST),
                        shards.documents(200_000, List.of(new Sequence("d", new int[] {199_999}, 4)))));

        ByteBuffer read = read();
        assertThat(header(read)).startsWith(20_240_801, 7, 6, 0);
        assertThat(read.remaining()).isEqualTo(256 * 4 + 6 * 4);
        assertThat(IntStream.range(0, 6).map(i -> read.getInt(1_024 + 4 * i)))
                .containsExactly(65_535, 1, 2, 65_535, 40_000, 199_999);
    }

    @Test
    void whatIsNotTakenIsNotThere() throws IOException {
        LlmC.write(
                file,
                List.of(shards.documents(65_536, FIRST), shards.documents(65_536, SECOND)),
                id -> !id.equals("b"));

        ByteBuffer read = read();
        assertThat(header(read)).startsWith(20_240_520, 1, 5);
        assertThat(read.remaining()).isEqualTo(256 * 4 + 5 * 2);
        assertThat(IntStream.range(0, 5).map(i -> Short.toUnsignedInt(read.getShort(1_024 + 2 * i))))
                .containsExactly(65_535, 1, 2, 65_535, 9);
    }

    /// More than one write takes.
    @Test
    void manyIds() throws IOException {
        int[] ids = IntStream.range(0, 1_500_000).map(i -> i * 31 & 0xFFFF).toArray();
        LlmC.write(file, List.of(shards.documents(65_536, List.of(new Sequence("long", ids, 1)))));

        ByteBuffer read = read();
        assertThat(header(read)[2]).isEqualTo(ids.length);
        assertThat(IntStream.range(0, ids.length)
                        .map(i -> Short.toUnsignedInt(read.getShort(1_024 + 2 * i)))
                        .toArray())
                .isEqualTo(ids);
    }

    /// The format has no mask: without it the model would learn what users say.
    @Test
    void aLossMaskIsNotPassedOver() throws IOException {
        Path masked =
                shards.conversations(100, List.of(new Sequence("a", new int[] {1, 2}, new boolean[] {false, true}, 1)));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> LlmC.write(file, List.of(masked)))
                .withMessage(masked
                        + ": expected a shard without a loss mask, which the format cannot hold, got one with it");
    }

    @Test
    void idsOfAnotherTokenizerAreOtherText() throws IOException {
        Path one = shards.documents("a", 1, 300, SECOND.subList(0, 0));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> LlmC.write(file, List.of(one, shards.documents("b", 1, 300, List.of()))))
                .withMessageEndingWith(": tokenizer: expected a, as in %s, got b".formatted(one));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LlmC.write(file, List.of(one, shards.documents("a", 2, 300, List.of()))))
                .withMessageEndingWith(": tokenizerVersion: expected 1, as in %s, got 2".formatted(one));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LlmC.write(file, List.of(one, shards.documents("a", 1, 301, List.of()))))
                .withMessageEndingWith(": vocabularySize: expected 300, as in %s, got 301".formatted(one));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LlmC.write(file, List.of()))
                .withMessage("shards: expected at least 1, got 0");
    }

    /// The second shard is damaged: by then the first is written.
    @Test
    void whatFailsLeavesWhatWasThere() throws IOException {
        LlmC.write(file, List.of(shards.documents(65_536, SECOND)));
        byte[] before = Files.readAllBytes(file);
        Path good = shards.documents(65_536, FIRST);
        Path damaged = shards.documents(65_536, SECOND);
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[300]++;
        Files.write(damaged, bytes);

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> LlmC.write(file, List.of(good, damaged)));

        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        try (Stream<Path> left = Files.list(dir)) {
            assertThat(left.map(Path::toString)).noneMatch(name -> name.endsWith(".part"));
        }
    }

    private ByteBuffer read() throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int[] header(ByteBuffer file) {
        return IntStream.range(0, 256).map(i -> file.getInt(4 * i)).toArray();
    }
}
