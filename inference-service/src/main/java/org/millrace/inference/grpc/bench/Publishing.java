package org.millrace.inference.grpc.bench;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.policy.v1.GetModelRequest;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;

/// Gives a running service the model that is measured, as the trainer would.
final class Publishing {

    private static final String NAME = "bench";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Publishing() {}

    /// Returns when the service serves the checkpoint.
    ///
    /// @param broker `KAFKA_BOOTSTRAP_SERVERS` of the service
    /// @param artifacts `MILLRACE_ARTIFACTS` of the service
    /// @param scratch for a cache of the store
    static void publish(Path checkpoint, String broker, URI artifacts, Path scratch, Channel service)
            throws IOException, InterruptedException {
        var event = ModelPublished.newBuilder()
                .setName(NAME)
                .setVersion(1)
                .setRole(ModelPublished.Role.ROLE_POLICY)
                .setStage("bench");
        for (Map.Entry<String, Reference> file :
                ArtifactStore.open(artifacts, scratch).putDirectory(checkpoint).entrySet()) {
            event.addFiles(ArtifactFile.newBuilder()
                    .setName(file.getKey())
                    .setArtifact(Artifact.newBuilder()
                            .setUri(file.getValue().uri())
                            .setSha256(file.getValue().sha256())
                            .setLength(file.getValue().length())));
        }
        send(event.build(), broker);
        await(service);
    }

    private static void send(ModelPublished event, String broker) throws InterruptedException {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(new Events("bench").record(NAME, event)).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the broker at %s did not take the model".formatted(broker), e);
        }
    }

    private static void await(Channel service) throws InterruptedException {
        var stub = PolicyServiceGrpc.newBlockingStub(service);
        long end = System.nanoTime() + PATIENCE.toNanos();
        String last = "version 0";
        while (System.nanoTime() < end) {
            try {
                var model = stub.withDeadlineAfter(5, TimeUnit.SECONDS)
                        .getModel(GetModelRequest.newBuilder().setModel(NAME).build());
                if (model.getVersion() == 1) {
                    return;
                }
                last = "version " + model.getVersion();
            } catch (StatusRuntimeException e) {
                last = e.getStatus().toString();
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException("the model was not served within %s: %s".formatted(PATIENCE, last));
    }
}
