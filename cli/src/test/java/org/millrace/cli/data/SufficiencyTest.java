package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cli.data.Sufficiency.Verdict;

class SufficiencyTest {

    /// Just above and just below each bound, for a model of a million parameters.
    @ParameterizedTest
    @CsvSource({
        "20000000, ENOUGH",
        "19999999, ENOUGH_REPEATED",
        "5000000, ENOUGH_REPEATED",
        "4999999, THIN",
        "1250000, THIN",
        "1249999, TOO_LITTLE",
        "0, TOO_LITTLE"
    })
    void theVerdictFollowsThePassesToTwentyTokensAParameter(long tokens, Verdict verdict) {
        assertThat(Sufficiency.of(exactly(tokens), new ModelSize(1_000_000, "a test's"))
                        .verdict())
                .isEqualTo(verdict);
    }

    @Test
    void anEstimateWhoseErrorReachesIntoAnotherVerdictIsNotCertain() {
        ModelSize model = new ModelSize(1_000_000, "a test's");

        assertThat(Sufficiency.of(new TokenEstimate(30_000_000, 25_000_000, 40_000_000, 4, ""), model)
                        .certain())
                .isTrue();
        assertThat(Sufficiency.of(new TokenEstimate(30_000_000, 19_000_000, 40_000_000, 4, ""), model)
                        .certain())
                .isFalse();
    }

    @Test
    void nothingIsTooLittleAndSaysSo() {
        assertThat(Sufficiency.of(exactly(0), new ModelSize(1, "a test's")).sentence())
                .isEqualTo("Too little: there is no text.");
    }

    @Test
    void theLargestModelFollowsFromTheSameRatio() {
        assertThat(Sufficiency.largestModel(20_000_000, 1)).isEqualTo(1_000_000);
        assertThat(Sufficiency.largestModel(20_000_000, 4)).isEqualTo(4_000_000);
    }

    /// One pass is worth one; the law of Muennighoff et al. has 3.7 for four, and never more than 16.4.
    @Test
    void repeatedTextIsWorthLess() {
        assertThat(Sufficiency.worth(1)).isEqualTo(1);
        assertThat(Sufficiency.worth(4)).isCloseTo(3.73, within(0.005));
        assertThat(Sufficiency.worth(1e6)).isCloseTo(16.39, within(0.005));
    }

    @Test
    void tokensAreMeasuredWhereATokenizerHasReadTheText() {
        var measured = new TokenEstimate.Measured("demo 1", 4_000, 1_000, 3.2, 5);

        TokenEstimate tokens = TokenEstimate.measured(1_000_000, measured);

        assertThat(tokens.tokens()).isEqualTo(250_000);
        assertThat(tokens.least()).isEqualTo(200_000);
        assertThat(tokens.most()).isEqualTo(312_500);
        assertThat(tokens.basis()).contains("demo 1", "4,000 bytes");
    }

    @Test
    void elseTheyFollowARuleThatTellsItsError() {
        TokenEstimate tokens = TokenEstimate.byRule(9_800);

        assertThat(tokens.tokens()).isEqualTo(2_450);
        assertThat(tokens.least()).isEqualTo(2_000);
        assertThat(tokens.most()).isEqualTo(4_455);
        assertThat(tokens.basis()).contains("rule of thumb");
    }

    @ParameterizedTest
    @CsvSource({"4300000,4300000", "560M,560000000", "1.2b,1200000000", "33k,33000", "1_000,1000"})
    void parametersAreReadAsPeopleWriteThem(String text, long parameters) {
        assertThat(ModelSize.parse(text).parameters()).isEqualTo(parameters);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "many", "-3", "0", "1e9", "1.2.3M", "99999999999999999999B"})
    void anythingElseIsNoNumberOfParameters(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ModelSize.parse(text));
    }

    /// As `Scaling` of the trainer derives it: 4 layers of 256 channels, 704 hidden, tied embeddings.
    @Test
    void aDepthHasTheModelThatTrainingWouldMakeOfIt() {
        long block = 4 * 256 * 256 + 3 * 256 * 704 + 2 * 256;

        assertThat(ModelSize.ofDepth(4, 4096).parameters()).isEqualTo(4096 * 256 + 4 * block + 256);
    }

    private static TokenEstimate exactly(long tokens) {
        return new TokenEstimate(tokens, tokens, tokens, 4, "");
    }
}
