package org.millrace.inference.grpc.bench;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
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
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;

/// Gives a running service the model that is measured, as the trainer would: the same files as one version after the
/// other.
final class Publishing implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String name;
    private final SortedMap<String, Reference> files;
    private final KafkaProducer<String, byte[]> producer;
    private final PolicyServiceBlockingStub service;
    private long version;

    /// @param name of the model
    /// @param broker `KAFKA_BOOTSTRAP_SERVERS` of the service
    /// @param artifacts `MILLRACE_ARTIFACTS` of the service
    /// @param scratch for a cache of the store
    Publishing(String name, Path checkpoint, String broker, URI artifacts, Path scratch, Channel channel)
            throws IOException {
        this.name = name;
        files = ArtifactStore.open(artifacts, scratch).putDirectory(checkpoint);
        producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker), new StringSerializer(), new ByteArraySerializer());
        service = PolicyServiceGrpc.newBlockingStub(channel);
    }

    /// Returns when the service serves the next version.
    void publish() throws InterruptedException {
        version++;
        var event = ModelPublished.newBuilder()
                .setName(name)
                .setVersion(version)
                .setRole(ModelPublished.Role.ROLE_POLICY)
                .setStage("bench");
        for (Map.Entry<String, Reference> file : files.entrySet()) {
            event.addFiles(ArtifactFile.newBuilder()
                    .setName(file.getKey())
                    .setArtifact(Artifact.newBuilder()
                            .setUri(file.getValue().uri())
                            .setSha256(file.getValue().sha256())
                            .setLength(file.getValue().length())));
        }
        try {
            producer.send(new Events("bench").record(name, event.build())).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the broker did not take version " + version, e);
        }
        await();
    }

    private void await() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String last = "version 0";
        while (System.nanoTime() < end) {
            try {
                var model = service.withDeadlineAfter(5, TimeUnit.SECONDS)
                        .getModel(GetModelRequest.newBuilder().setModel(name).build());
                if (model.getVersion() == version) {
                    return;
                }
                last = "version " + model.getVersion();
            } catch (StatusRuntimeException e) {
                last = e.getStatus().toString();
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new IllegalStateException("version %d was not served within %s: %s".formatted(version, PATIENCE, last));
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
