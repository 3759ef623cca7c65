package org.millrace.tokenizer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class BenchOptionsTest {

    @Test
    void optionsHaveDefaultsAndNames() {
        assertThat(BenchOptions.of(List.of("5"))).isEqualTo(new BenchOptions(5, 100, 200));
        assertThat(BenchOptions.of(List.of("1", "--shard-mb", "7", "--train-mb", "3")))
                .isEqualTo(new BenchOptions(1, 3, 7));
    }

    @Test
    void whatIsNoOptionIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.of(List.of("5", "--train-mb", "many")))
                .withMessage("--train-mb: expected 1 to 1000, got \"many\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.of(List.of("5", "--threads", "2")))
                .withMessageStartingWith("\"--threads\" is no option; usage: bench tokenize");
    }
}
