package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.duplicate.KeptSet.Sample;

class DuplicatesTest {

    @Test
    void whatOnlyRepeatsAnotherPageIsJudgedWithoutReadingAText() {
        String footer = "\n\na footer of the host";
        List<Sample> samples = List.of(
                Sample.of("https://a.example/1", "the miller opens his gate" + footer, signature(1)),
                Sample.of("https://a.example/2", "salt came over the pass" + footer, signature(2)),
                Sample.of("https://a.example/3", "salt came over the pass" + footer, signature(2)));
        List<Long> read = new ArrayList<>();
        Texts texts = at -> {
            read.add(at);
            return Optional.of(samples.get((int) at).text());
        };
        Duplicates duplicates = new Duplicates(new MemoryStore(), texts, new Duplicates.Settings(2, 3));
        duplicates.beginAnew("test");
        for (int i = 0; i < samples.size(); i++) {
            duplicates.add(samples.get(i).at(i));
        }
        read.clear();

        Change.OfPage copy = duplicates.verdict(samples.get(2).id(), new Change.Page(2, "https://a.example/3"));
        assertThat(copy).isInstanceOf(Change.Drop.class);
        assertThat(read).isEmpty();

        Change.OfPage first = duplicates.verdict(samples.get(1).id(), new Change.Page(1, "https://a.example/2"));
        assertThat(first).isInstanceOf(Change.Publish.class);
        assertThat(read).containsExactly(1L);
    }

    private static int[] signature(int value) {
        int[] signature = new int[MinHash.SIZE];
        Arrays.fill(signature, value);
        return signature;
    }
}
