package org.millrace.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

    private static final List<String> KNOWN = List.of("--world", "--port", "--limit");

    @Test
    void pairsAreRead() {
        Arguments arguments = Arguments.of(new String[] {"--world", "w", "--port", "80"}, KNOWN);

        assertThat(arguments.required("--world")).isEqualTo("w");
        assertThat(arguments.number("--port", 0, 100, 7)).isEqualTo(80);
        assertThat(arguments.limit()).isEmpty();
    }

    @Test
    void mistakesAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.of(new String[] {"--word", "w"}, KNOWN))
                .withMessage("options: expected some of --world --port --limit, got --word");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.of(new String[] {"--world"}, KNOWN))
                .withMessage("--world: expected a value, got none");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Arguments.of(new String[] {"--port", "x"}, KNOWN).number("--port", 0, 9, 1))
                .withMessage("--port: expected a whole number, got x");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Arguments.of(new String[] {"--limit", "1"}, KNOWN).limit())
                .withMessage("--limit: expected 2 to 2147483647, got 1");
    }
}
