package org.millrace.inference;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/// A model that knows nothing, with a true tokenizer, small enough for tests.
public final class TinyModel {

    public static final int CONTEXT = 64;

    public static final TokenizerVersion TOKENIZER_VERSION = new TokenizerVersion("tiny", 1);

    private static final Tokenizer TOKENIZER = BpeTrainer.train(
            List.of("the mill turns and the water runs", "the miller sings while the mill turns", "ünïcödé ☂ rain"),
            320,
            merges -> {});

    private TinyModel() {}

    public static Tokenizer tokenizer() {
        return TOKENIZER;
    }

    public static ModelConfig config() {
        return config(CONTEXT);
    }

    /// @param context tokens
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
                TOKENIZER.id(SpecialToken.ASSISTANT_END));
    }

    /// Weights by Hugging Face's names, of which the seed decides.
    public static SortedMap<String, TensorData> weights(ModelConfig config, long seed) {
        var random = new SplittableRandom(seed);
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
        return weights;
    }

    /// A whole checkpoint in a new directory under `parent`.
    public static Path write(Path parent, ModelConfig config, SortedMap<String, TensorData> weights)
            throws IOException {
        Path tokenizer = Files.createTempDirectory(parent, "tokenizer");
        TOKENIZER.write(tokenizer);
        return write(parent, config, weights, tokenizer);
    }

    /// The same with the files of a tokenizer as somebody brings them.
    static Path write(Path parent, ModelConfig config, SortedMap<String, TensorData> weights, Path tokenizer)
            throws IOException {
        Path directory = Files.createTempDirectory(parent, "model").resolve("checkpoint");
        Checkpoint.write(directory, config, weights, tokenizer, Map.of("stage", "test"));
        return directory;
    }

    public static Path write(Path parent, long seed) throws IOException {
        return write(parent, config(), weights(config(), seed));
    }

    /// The first version as it is served by that name, with its files in that directory.
    public static Models served(
            Path directory,
            String name,
            Decoder.Factory decoders,
            Precisions precisions,
            Thread.UncaughtExceptionHandler onDeath)
            throws Exception {
        ArtifactStore store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        var models = new Models(
                store,
                directory.resolve("scratch"),
                decoders,
                precisions,
                Optional.empty(),
                new Engine.Limits(2, 64),
                new Tally(),
                onDeath);
        models.publish(
                new Publication(name, 1, "test", TinyModel.TOKENIZER_VERSION, store.putDirectory(write(directory, 1))));
        return models;
    }
}
