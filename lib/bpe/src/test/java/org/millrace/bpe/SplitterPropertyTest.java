package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SplitterPropertyTest {

    /// The regular expression is the definition; the splitter is only faster.
    @Property(tries = 10_000)
    void splitsAsThePatternSays(@ForAll SplitPattern pattern, @ForAll("prose") String text) {
        assertThat(SplitterTest.split(pattern, text)).isEqualTo(NaiveBpe.split(pattern, text));
    }

    @Property
    void splitsAnyTextAsThePatternSays(@ForAll SplitPattern pattern, @ForAll String any) {
        String text = Tokenizer.withoutUnpairedSurrogates(any);

        assertThat(SplitterTest.split(pattern, text)).isEqualTo(NaiveBpe.split(pattern, text));
    }

    @Provide
    Arbitrary<String> prose() {
        return Arbitraries.of(
                        "a", "Z", "é", "ſ", "的", "𝒜", "s", "ll", "VE", "'", "'", "’", "1", "٣", "Ⅻ", "𝟘", " ", " ",
                        "  ", "\t", "\n", "\r\n", "\u000b", "\u0085", "\u00a0", "\u2028", "\u3000", "\u200b", ".", "!",
                        "_", "́", "👩‍👧", "\u001c", "\uFFFD")
                .list()
                .ofMaxSize(12)
                .map(parts -> String.join("", parts));
    }
}
