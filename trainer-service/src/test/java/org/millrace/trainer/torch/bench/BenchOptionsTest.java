package org.millrace.trainer.torch.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchOptionsTest {

    /// The shape whose figures are known from elsewhere has 13.8 million parameters.
    @Test
    void withoutOptionsItIsTheKnownShape() {
        BenchOptions options = BenchOptions.of(List.of("5"));

        assertThat(options.model().parameters()).isEqualTo(13_767_552);
        assertThat(options.rows()).isEqualTo(8);
        assertThat(options.steps()).isZero();
    }

    @Test
    void everyNumberOfAShapeHasItsPlace() {
        BenchOptions options = BenchOptions.of(List.of(
                "5", "--shape", "2,64,4,32,3,100", "--recompute", "--steps", "7", "--threads", "1", "--ranks", "2"));

        assertThat(options.model().layers()).isEqualTo(2);
        assertThat(options.model().width()).isEqualTo(64);
        assertThat(options.model().headWidth()).isEqualTo(16);
        assertThat(options.model().context()).isEqualTo(32);
        assertThat(options.rows()).isEqualTo(3);
        assertThat(options.model().vocabulary()).isEqualTo(100);
        assertThat(options.steps()).isEqualTo(7);
        assertThat(options.threads()).isEqualTo(1);
        assertThat(options.recompute()).isTrue();
        assertThat(options.ranks()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "--shape, '6,384,6,256,8', --shape",
        "--shape, '6,384,5,256,8,8192', heads",
        "--shape, '0,384,6,256,8,8192', layers",
        "--shape, '6,384,6,256,0,8192', rows",
        "--steps, 0, --steps",
        "--threads, many, --threads",
        "--ranks, 65, --ranks",
        "--rows, 8, is no option",
    })
    void whatMakesNoSenseIsNamed(String name, String value, String named) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.of(List.of("5", name, value)))
                .withMessageContaining(named);
    }
}
