package org.millrace.cleaner.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.millrace.cleaner.language.Tokens;

class NgramsPropertyTest {

    @Property(tries = 300)
    void theMostFrequentIsFoundAsByCountingEach(
            @ForAll("texts") List<String> words, @ForAll @IntRange(min = 2, max = 4) int n) {
        List<String> grams = grams(words, n, " ");
        int most = 1;
        String top = "";
        for (String gram : grams) {
            int count = 0;
            for (String other : grams) {
                count += gram.equals(other) ? 1 : 0;
            }
            if (count > most) {
                most = count;
                top = gram;
            }
        }

        assertThat(ngrams(words).topCharacters(n)).isEqualTo(top.length() * most);
    }

    @Property(tries = 300)
    void repeatsAreCountedGreedilyFromTheLeft(
            @ForAll("texts") List<String> words, @ForAll @IntRange(min = 5, max = 10) int n) {
        List<String> grams = grams(words, n, "");
        Set<String> seen = new HashSet<>();
        int expected = 0;
        int skip = 0;
        for (String gram : grams) {
            if (skip > 0) {
                skip--;
            } else if (!seen.add(gram)) {
                expected += gram.length();
                skip = n - 1;
            }
        }

        assertThat(ngrams(words).duplicatedCharacters(n)).isEqualTo(expected);
    }

    @Provide
    Arbitrary<List<String>> texts() {
        return Arbitraries.of("a", "bb", "ccc", "ab", "b", ".").list().ofMaxSize(60);
    }

    private static Ngrams ngrams(List<String> words) {
        return new Ngrams(Tokens.of(String.join(" ", words)));
    }

    private static List<String> grams(List<String> words, int n, String joiner) {
        List<String> grams = new ArrayList<>();
        for (int i = 0; i + n <= words.size(); i++) {
            grams.add(String.join(joiner, words.subList(i, i + n)));
        }
        return grams;
    }
}
