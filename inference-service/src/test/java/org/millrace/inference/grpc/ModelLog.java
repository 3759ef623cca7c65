package org.millrace.inference.grpc;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.events.Events;
import org.millrace.inference.InferenceConfig;
import org.millrace.inference.TinyModel;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;

/// Publishes versions of a [TinyModel] as a trainer would: files to the store, then the event.
public record ModelLog(String name, InferenceConfig config, String bootstrapServers) {

    public void publish(long version) throws Exception {
        publish(version, TinyModel.config());
    }

    void publish(long version, ModelConfig model) throws Exception {
        Path directory = Files.createTempDirectory("millrace-inference-");
        Path checkpoint = TinyModel.write(directory, model, TinyModel.weights(model, version));
        ArtifactStore store = ArtifactStore.open(config.artifacts(), directory.resolve("cache"));
        var event = event(version);
        for (Map.Entry<String, Reference> file : store.putDirectory(checkpoint).entrySet()) {
            event.addFiles(ArtifactFile.newBuilder()
                    .setName(file.getKey())
                    .setArtifact(Artifact.newBuilder()
                            .setUri(file.getValue().uri())
                            .setSha256(file.getValue().sha256())
                            .setLength(file.getValue().length())));
        }
        send(event.build());
    }

    void publishBroken(long version) throws Exception {
        send(event(version)
                .addFiles(ArtifactFile.newBuilder()
                        .setName("config.json")
                        .setArtifact(
                                Artifact.newBuilder().setSha256("0".repeat(64)).setLength(7)))
                .build());
    }

    private ModelPublished.Builder event(long version) {
        return ModelPublished.newBuilder()
                .setName(name)
                .setVersion(version)
                .setRole(ModelPublished.Role.ROLE_POLICY)
                .setStage("test")
                .setTokenizer("tiny-tokenizer")
                .setTokenizerVersion(4);
    }

    private void send(ModelPublished event) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrapServers),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(new Events("test").record(event.getName(), event)).get(30, TimeUnit.SECONDS);
        }
    }
}
