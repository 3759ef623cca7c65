package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.onnx.Numbers;
import org.millrace.onnx.Precision;

class DeviceTest {

    @Test
    void devicesHaveNames() {
        assertThat(Device.named("cpu")).isEqualTo(new Device.Processor());
        assertThat(Device.named("cuda")).isEqualTo(new Device.Cuda(0));
        assertThat(Device.named("cuda:1")).isEqualTo(new Device.Cuda(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CPU", "gpu", "cuda:", "cuda:-1", "cuda:100"})
    void othersAreRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Device.named(name))
                .withMessage("device: expected cpu, cuda or cuda:N, got \"%s\"", name);
    }

    @Test
    void acceleratorsComputeInSixteenBits() {
        Device cuda = new Device.Cuda(0);

        assertThat(cuda.usual()).isEqualTo(Precision.FP16);
        assertThat(cuda.numbers(Precision.INT8)).isEqualTo(Numbers.FP16);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> cuda.numbers(Precision.FP32))
                .withMessage("expected fp16, int8 or int4 on cuda, got fp32");
    }

    @Test
    void processorsComputeAsWasTrainedUnlessAskedOtherwise() {
        Device processor = new Device.Processor();

        assertThat(processor.usual()).isEqualTo(Precision.FP32);
        assertThat(processor.numbers(Precision.INT4)).isEqualTo(Numbers.FP32);
        assertThat(processor.numbers(Precision.FP16)).isEqualTo(Numbers.FP16);
    }
}
