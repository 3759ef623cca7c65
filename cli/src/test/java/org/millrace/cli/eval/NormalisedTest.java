package org.millrace.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NormalisedTest {

    @Test
    void whatDoesNotCountIsLeftOut() {
        assertThat(Normalised.of("  \"New\u00a0 York!\"\n")).isEqualTo("new york");
        assertThat(Normalised.of("ﬁve ½")).isEqualTo("five 1⁄2");
        assertThat(Normalised.of("...")).isEmpty();
    }

    @Test
    void whatCountsStays() {
        assertThat(Normalised.of("3.5")).isEqualTo("3.5").isNotEqualTo(Normalised.of("35"));
        assertThat(Normalised.of("The Hague")).isNotEqualTo(Normalised.of("Hague"));
        assertThat(Normalised.isAmong("chad", List.of("Mali", "Chad."))).isTrue();
        assertThat(Normalised.isAmong("Chad and Mali", List.of("Mali", "Chad.")))
                .isFalse();
    }
}
