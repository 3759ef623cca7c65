package org.millrace.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ShardPropertyTest {

    private static final int SMALL = 65_536;
    private static final int LARGE = 200_000;

    @Property(tries = 300)
    void whatIsWrittenIsRead(@ForAll("sequences") List<Sequence> sequences, @ForAll boolean large) throws IOException {
        ShardHeader header = new ShardHeader(ShardHeader.Kind.CONVERSATIONS, "t", 1, "d", large ? LARGE : SMALL);
        Path file = Files.createTempFile("property", ".shard");
        try {
            ShardWriter.write(file, header, sequences);
            try (Shard shard = Shard.open(file)) {
                assertThat(ShardFormatTest.read(shard, header)).isEqualTo(sequences);
            }
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<List<Sequence>> sequences() {
        Arbitrary<Sequence> one = Arbitraries.integers().between(1, 20).flatMap(length -> Combinators.combine(
                        Arbitraries.strings().alpha().numeric().withChars("é語").ofMaxLength(12),
                        Arbitraries.integers()
                                .between(0, SMALL - 1)
                                .array(int[].class)
                                .ofSize(length),
                        Arbitraries.of(true, false).array(boolean[].class).ofSize(length),
                        Arbitraries.integers().between(0, 1_000))
                .as(Sequence::new));
        return one.list().ofMaxSize(8);
    }
}
