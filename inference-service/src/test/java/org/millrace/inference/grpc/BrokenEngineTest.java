package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.TracerProvider;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.Decoder;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.Scoring;
import org.millrace.inference.TinyModel;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.proto.policy.v1.GetModelRequest;

/// A model that breaks down is not one that has yet to come.
class BrokenEngineTest {

    @Test
    void getModelSaysThatAModelBrokeDown(@TempDir Path directory) throws Exception {
        var death = new CompletableFuture<Throwable>();
        try (Models models = TinyModel.served(
                directory,
                "policy",
                (checkpoint, rows, precision) -> new CanaryOnly(),
                Precisions.AS_TRAINED,
                (thread, cause) -> death.complete(cause))) {
            var endpoint =
                    new PolicyEndpoint(models, new RequestMetrics(new SimpleMeterRegistry(), TracerProvider.noop()));
            var request = GetModelRequest.newBuilder().setModel("policy").build();
            assertThat(endpoint.getModel(request).await().indefinitely().getVersion())
                    .isEqualTo(1);

            var deadly = new Scoring(new int[] {1}, List.of(new int[] {2}), 1);
            models.find("policy").engine().submit(deadly);
            assertThat(death).succeedsWithin(Duration.ofSeconds(10));
            assertThatThrownBy(deadly.result()::join).hasRootCauseMessage("out of order");

            StatusRuntimeException refused =
                    catchThrowableOfType(StatusRuntimeException.class, () -> endpoint.getModel(request));
            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(refused).hasMessageContaining("policy broke down, and is served again after a new start");
        }
    }

    /// Works once, for the canary.
    private static final class CanaryOnly implements Decoder {

        private boolean used;

        @Override
        public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
            if (used) {
                throw new IllegalStateException("out of order");
            }
            used = true;
            return FloatBuffer.allocate(wanted * TinyModel.config().vocabulary());
        }

        @Override
        public FloatBuffer read(int first, int[][] prompts) {
            throw new IllegalStateException("nobody asks for answers here");
        }

        @Override
        public FloatBuffer step(int rows, int[] tokens, int[] before) {
            throw new IllegalStateException("nobody asks for answers here");
        }

        @Override
        public void copy(int from, int to, int length) {
            throw new IllegalStateException("nobody asks for answers here");
        }

        @Override
        public void swap(int a, int lengthOfA, int b, int lengthOfB) {
            throw new IllegalStateException("nobody asks for answers here");
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
