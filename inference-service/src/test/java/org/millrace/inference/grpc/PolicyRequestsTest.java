package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Status;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.inference.Engine;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.Publication;
import org.millrace.inference.Served;
import org.millrace.inference.Tally;
import org.millrace.inference.TinyModel;
import org.millrace.inference.Unsuited;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateRequest.Priority;

class PolicyRequestsTest {

    @Test
    void whoTrainsGetsNoAnswersOfWeightsInFewBits(@TempDir Path directory) throws Exception {
        ArtifactStore store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        try (Models models = new Models(
                store,
                directory.resolve("scratch"),
                OnnxDecoder.factory(1),
                Precisions.of(List.of("small=int8")),
                Optional.empty(),
                new Engine.Limits(1, 64),
                new Tally(),
                (thread, cause) -> {})) {
            models.publish(
                    new Publication("small", 1, "test", "tiny", store.putDirectory(TinyModel.write(directory, 1))));
            Served small = models.find("small");

            assertThatExceptionOfType(Unsuited.class)
                    .isThrownBy(() -> watch(small, Priority.PRIORITY_ROLLOUT))
                    .satisfies(e ->
                            assertThat(PolicyEndpoint.status(e).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                    .withMessage("priority: expected PRIORITY_USER, as small is served with weights in int8"
                            + " and training needs them as they were trained, got PRIORITY_ROLLOUT");
            assertThat(watch(small, Priority.PRIORITY_USER).generation().prompt())
                    .isNotEmpty();
        }
    }

    private static RequestMetrics.Watch watch(Served served, Priority priority) {
        return PolicyRequests.watch(
                GenerateRequest.newBuilder()
                        .setText("the mill")
                        .setPriority(priority)
                        .build(),
                served,
                new RequestMetrics(new SimpleMeterRegistry()),
                new WholeAnswer());
    }
}
