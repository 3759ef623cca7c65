package org.millrace.inference.tool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CallTest {

    @Test
    void numbersKeepTheirDigits() {
        Call call = Call.read(
                        "{\"name\":\"f\",\"arguments\":{\"a\":[0.12345678901234567890,1.10,1e400,12345678901234567890]}}")
                .orElseThrow();

        assertThat(call.text())
                .isEqualTo("{\"name\": \"f\", \"arguments\": {\"a\": [0.12345678901234567890, 1.10, 1E+400,"
                        + " 12345678901234567890]}}");
        assertThat(call.arguments().toString())
                .isEqualTo("{\"a\":[0.12345678901234567890,1.10,1E+400,12345678901234567890]}");
    }

    @Test
    void whatHasANumberThatIsNoneIsNoCall() {
        String arguments = "{\"a\":1e99999999999}";

        assertThat(Call.read("{\"name\":\"f\",\"arguments\":%s}".formatted(arguments)))
                .isEmpty();
        assertThat(Call.arguments(arguments)).isEmpty();
    }

    @Test
    void anExpressionIsTheTurnOfACallUnlessItIsNone() {
        assertThat(Call.ofCalculator("1+1").text()).isEqualTo("1+1");
        assertThat(Call.ofCalculator("").text())
                .isEqualTo("{\"name\": \"calculator\", \"arguments\": {\"expression\": \"\"}}");
    }

    /// They can say so again.
    @Test
    void ofCallersEachNameIsWantedOnce() {
        assertThat(Call.arguments("{\"a\":1,\"b\":{\"a\":1}}")).isPresent();
        assertThat(Call.arguments("{\"a\":1,\"a\":2}")).isEmpty();
        assertThat(Call.arguments("{\"a\":{\"b\":1,\"b\":1}}")).isEmpty();
    }

    /// A grammar does not know what came before.
    @Test
    void ofANameThatComesTwiceTheLastCounts() {
        assertThat(Call.read("{\"name\":\"f\",\"arguments\":{\"a\":1,\"a\":2}}"))
                .hasValueSatisfying(call ->
                        assertThat(call.arguments().path("a").intValue()).isEqualTo(2));
    }
}
