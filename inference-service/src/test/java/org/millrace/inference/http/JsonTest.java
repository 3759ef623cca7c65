package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class JsonTest {

    @Test
    void numbersKeepAllTheirDigits() {
        String body = "{\"a\":1E+400,\"b\":[0.12345678901234567890,1.50]}";

        Fields fields = Json.read(Buffer.buffer(body));

        assertThat(fields.object()).hasToString(body);
    }

    @Test
    void whatIsNoNumberAnyMoreIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Json.read(Buffer.buffer("{\"a\":1e99999999999}")))
                .withMessageStartingWith("body: expected exponents of 32 bits, got one beyond");
    }
}
