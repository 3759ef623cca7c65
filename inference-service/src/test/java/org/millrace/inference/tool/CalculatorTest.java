package org.millrace.inference.tool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CalculatorTest {

    @ParameterizedTest
    @CsvSource({
        "12*7, 84",
        "6/2, 3",
        "1/3*3, 1",
        "10/4, 2.5",
        "2-3-4, -5",
        "12/3/2, 2",
        "2+3*4, 14",
        "(2+3)*-4, -20",
        "--2, 2",
        "0.1+0.2, 0.3",
        ".5 + 1., 1.5",
        "1/3, 0.3333333333333333",
        "2/3, 0.6666666666666667",
        "1/1024, 0.0009765625",
        "1000*1000, 1000000",
        "0-0, 0",
        "100000000000000000000*100000000000000000001, error: result too large",
    })
    void isExactWhereDecimalsAre(String expression, String result) {
        assertThat(Calculator.result(expression)).isEqualTo(result);
    }

    @ParameterizedTest
    @CsvSource({
        "1/0, error: division by zero",
        "1/(2-2), error: division by zero",
        "'', error: expected a number at the end",
        "2**3, error: expected a number at character 3",
        "7//2, error: expected a number at character 3",
        "(1+2, error: expected an operator or ) at the end",
        "1+2), error: expected an operator at character 4",
        "1 2, error: expected an operator at character 3",
        "1.2.3, error: expected an operator at character 4",
        "., error: expected a number at character 1",
        "abs(1), error: expected a number at character 1",
        "1e9, error: expected an operator at character 2",
        "٣+1, error: expected a number at character 1",
    })
    void whatItCannotDoItSays(String expression, String result) {
        assertThat(Calculator.result(expression)).isEqualTo(result);
    }

    @Test
    void lengthAndDepthAreBounded() {
        assertThat(Calculator.result("1" + "+1".repeat(127))).isEqualTo("128");
        assertThat(Calculator.result("1" + "+1".repeat(128))).isEqualTo("error: expected at most 256 characters");
        assertThat(Calculator.result("(".repeat(31) + "1" + ")".repeat(31))).isEqualTo("1");
        assertThat(Calculator.result("(".repeat(32) + "1" + ")".repeat(32)))
                .isEqualTo("error: expected at most 32 levels");
        assertThat(Calculator.result("-".repeat(200) + "1")).isEqualTo("error: expected at most 32 levels");
    }
}
