package org.millrace.reward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;

/// A reward model without an opinion of its own, with a true tokenizer, small enough for tests.
public final class TinyRewardModel {

    public static final int CONTEXT = 64;
    public static final double MEAN = 0.25;
    public static final double DEVIATION = 2;

    private static final Tokenizer TOKENIZER = BpeTrainer.train(
            List.of("the capital of France is Paris", "the capital of Italy is Rome", "why and because"),
            300,
            merges -> {});

    private TinyRewardModel() {}

    public static Tokenizer tokenizer() {
        return TOKENIZER;
    }

    public static ModelConfig config() {
        return config(CONTEXT);
    }

    /// @param context tokens of a prompt and its completion together, at most
    public static ModelConfig config(int context) {
        return new ModelConfig(
                        2,
                        64,
                        4,
                        2,
                        16,
                        96,
                        TOKENIZER.vocabularySize(),
                        context,
                        10_000,
                        1e-5,
                        true,
                        true,
                        false,
                        0,
                        1,
                        TOKENIZER.id(SpecialToken.BOS),
                        TOKENIZER.id(SpecialToken.ASSISTANT_END))
                .withScalarHead()
                .withReward(MEAN, DEVIATION);
    }

    /// Writes a checkpoint with weights of which the seed decides.
    public static Path write(Path parent, ModelConfig config, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        SortedMap<String, TensorData> weights = new TreeMap<>();
        config.tensors().forEach((name, shape) -> {
            long count = 1;
            for (long size : shape) {
                count *= size;
            }
            FloatBuffer values = ByteBuffer.allocateDirect(Math.toIntExact(count * Float.BYTES))
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            boolean norm = shape.length == 1;
            double deviation = norm ? 0.2 : 1 / Math.sqrt(shape[1]);
            while (values.hasRemaining()) {
                values.put((float) ((norm ? 1 : 0) + deviation * random.nextGaussian()));
            }
            weights.put(name, new TensorData(shape, values.flip()));
        });
        Path tokenizer = Files.createTempDirectory(parent, "tokenizer");
        TOKENIZER.write(tokenizer);
        Path directory = Files.createTempDirectory(parent, "model").resolve("checkpoint");
        Checkpoint.write(directory, config, weights, tokenizer, Map.of("stage", "test"));
        return directory;
    }

    public static Publication publish(ArtifactStore store, Path parent, String name, long version, ModelConfig config)
            throws IOException {
        return new Publication(name, version, store.putDirectory(write(parent, config, version)));
    }

    public static ModelPublished event(Publication publication) {
        ModelPublished.Builder event = ModelPublished.newBuilder()
                .setName(publication.name())
                .setVersion(publication.version())
                .setRole(ModelPublished.Role.ROLE_REWARD);
        publication
                .files()
                .forEach((name, file) -> event.addFiles(ArtifactFile.newBuilder()
                        .setName(name)
                        .setArtifact(Artifact.newBuilder()
                                .setUri(file.uri())
                                .setSha256(file.sha256())
                                .setLength(file.length()))));
        return event.build();
    }
}
