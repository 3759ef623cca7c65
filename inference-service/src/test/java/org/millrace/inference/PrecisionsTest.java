package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.onnx.Precision;

class PrecisionsTest {

    @Test
    void whoIsNotNamedIsServedAsUsual() {
        Precisions precisions = Precisions.of(List.of("atlas=int8", " chat = int4"), new Device.Cuda(0));

        assertThat(precisions.of("atlas")).isEqualTo(Precision.INT8);
        assertThat(precisions.of("chat")).isEqualTo(Precision.INT4);
        assertThat(precisions.of("policy")).isEqualTo(Precision.FP16);
    }

    @Test
    void whatTheDeviceDoesNotComputeIsRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Precisions.of(List.of("atlas=fp32"), new Device.Cuda(0)))
                .withMessage("weights: atlas: expected fp16, int8 or int4 on cuda, got fp32");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "int8 | weights: expected NAME=PRECISION, got \"int8\"",
                "atlas=int3 | weights: atlas: expected fp32, fp16, int8 or int4, got \"int3\"",
                "atlas=int8,atlas=int4 | weights: expected each name once, got \"atlas\" twice"
            })
    void whatCannotBeIsNamed(String settings, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Precisions.of(List.of(settings.split(",")), new Device.Processor()))
                .withMessage(message);
    }
}
