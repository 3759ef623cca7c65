package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.Status;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.Device;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.Served;
import org.millrace.inference.TinyModel;
import org.millrace.inference.Unsuited;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateRequest.Priority;

class PolicyRequestsTest {

    private static final Generation.Listener NOBODY = new Generation.Listener() {
        @Override
        public void drawn(Drawn drawn) {
            // No answer is looked at here.
        }

        @Override
        public void failed(Throwable cause) {
            // As above.
        }
    };

    @Test
    void whoTrainsGetsNoAnswersOfWeightsInFewBits(@TempDir Path directory) throws Exception {
        try (Models models = served(directory, Precisions.of(List.of("small=int8"), new Device.Processor()))) {
            Served small = models.find("small");

            assertThatExceptionOfType(Unsuited.class)
                    .isThrownBy(() -> watch(small, Priority.PRIORITY_ROLLOUT))
                    .satisfies(
                            e -> assertThat(Statuses.refused(e).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                    .withMessage("priority: expected PRIORITY_USER, as small is served with weights in int8"
                            + " and training needs them as they were trained, got PRIORITY_ROLLOUT");
            assertThat(watch(small, Priority.PRIORITY_USER).generation().prompt())
                    .isNotEmpty();
        }
    }

    @Test
    void whoTrainsGetsAnswersOfSixteenBits(@TempDir Path directory) throws Exception {
        try (Models models = served(directory, Precisions.of(List.of("small=fp16"), new Device.Processor()))) {
            assertThat(watch(models.find("small"), Priority.PRIORITY_ROLLOUT)
                            .generation()
                            .prompt())
                    .isNotEmpty();
        }
    }

    @Test
    void whoIsRefusedLeavesNoSpanBehind(@TempDir Path directory) throws Exception {
        var made = new Made();
        try (Models models = served(directory, Precisions.AS_TRAINED);
                SdkTracerProvider tracers =
                        SdkTracerProvider.builder().addSpanProcessor(made).build()) {
            Served small = models.find("small");
            var metrics = new RequestMetrics(new SimpleMeterRegistry(), tracers);
            var wrong = GenerateRequest.newBuilder()
                    .setText("the mill")
                    .addStopIds(-1)
                    .build();
            var right = GenerateRequest.newBuilder().setText("the mill").build();

            assertThatIllegalArgumentException().isThrownBy(() -> PolicyRequests.watch(wrong, small, metrics, NOBODY));
            small.engine().enter(Mode.DRAINING);
            assertThat(small.engine()
                            .submit(PolicyRequests.watch(right, small, metrics, NOBODY)
                                    .generation()))
                    .isFalse();
            assertThat(made.names).isEmpty();

            small.engine().enter(Mode.PAUSED);
            RequestMetrics.Watch waiting = PolicyRequests.watch(right, small, metrics, NOBODY);
            assertThat(small.engine().submit(waiting.generation())).isTrue();
            waiting.leave();
            waiting.leave();
            assertThat(made.names).containsExactly("llm_request begins", "llm_request ends");
        }
    }

    private static Models served(Path directory, Precisions precisions) throws Exception {
        return TinyModel.served(directory, "small", OnnxDecoder.factory(1), precisions, (thread, cause) -> {});
    }

    /// Also of spans that nobody ends.
    private static final class Made implements SpanProcessor {

        private final List<String> names = new CopyOnWriteArrayList<>();

        @Override
        public void onStart(Context parent, ReadWriteSpan span) {
            names.add(span.getName() + " begins");
        }

        @Override
        public boolean isStartRequired() {
            return true;
        }

        @Override
        public void onEnd(ReadableSpan span) {
            names.add(span.getName() + " ends");
        }

        @Override
        public boolean isEndRequired() {
            return true;
        }
    }

    private static RequestMetrics.Watch watch(Served served, Priority priority) {
        return PolicyRequests.watch(
                GenerateRequest.newBuilder()
                        .setText("the mill")
                        .setPriority(priority)
                        .build(),
                served,
                new RequestMetrics(new SimpleMeterRegistry(), TracerProvider.noop()),
                NOBODY);
    }
}
