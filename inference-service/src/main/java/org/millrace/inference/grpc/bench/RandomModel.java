package org.millrace.inference.grpc.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorSource;

/// A model that knows nothing. What a step costs depends on shapes, not on what the weights say.
final class RandomModel {

    /// How large it is. The rest follows as for every model: an MLP of 8/3 · width, and a head of its own.
    record Shape(int layers, int width, int heads, int kvHeads, int vocabulary) {

        Shape {
            if (width % heads != 0 || width / heads % 16 != 0) {
                throw new IllegalArgumentException(
                        "--shape: expected heads of a multiple of 16 each, got width %d and %d heads"
                                .formatted(width, heads));
            }
            if (heads % kvHeads != 0) {
                throw new IllegalArgumentException("--shape: expected heads of keys that divide the heads, got %d of %d"
                        .formatted(kvHeads, heads));
            }
            if (vocabulary < LEAST) {
                throw new IllegalArgumentException(
                        "--shape: expected a vocabulary of at least %d, got %d".formatted(LEAST, vocabulary));
            }
        }

        private ModelConfig config(int context, Tokenizer tokenizer) {
            int hidden = ModelConfig.ofDepth(layers, width, context, vocabulary, 0, 0)
                    .hidden();
            return new ModelConfig(
                    layers,
                    width,
                    heads,
                    kvHeads,
                    width / heads,
                    hidden,
                    vocabulary,
                    context,
                    10_000,
                    1e-5,
                    false,
                    false,
                    false,
                    0,
                    1,
                    tokenizer.id(SpecialToken.BOS),
                    tokenizer.id(SpecialToken.ASSISTANT_END));
        }
    }

    /// Bytes and special tokens.
    private static final int LEAST = 512;

    /// Ids of the tokenizer, at most: more cost long learning, and ids above it are read and weighed all the same.
    private static final int IDS = 4096;

    /// Tokens, as the full demo's.
    static final int CONTEXT = 128;

    /// For prompts of 512 tokens.
    static final int LONG_CONTEXT = 1024;

    /// Enough different ones for as many merges as the vocabulary has room for.
    private static final int WORDS = 20_000;

    private RandomModel() {}

    /// Writes the same checkpoint each time.
    ///
    /// @param parent exists; gets two new folders
    /// @param context tokens that a row may hold
    /// @return the checkpoint's folder
    static Path write(Path parent, Shape shape, int context) throws IOException {
        var random = new SplittableRandom(1);
        int ids = Math.min(IDS, shape.vocabulary);
        Tokenizer tokenizer = BpeTrainer.train(List.of(words(random)), ids, merges -> {});
        if (tokenizer.vocabularySize() != ids) {
            throw new IllegalStateException(
                    "vocabulary: expected %d ids, got %d".formatted(ids, tokenizer.vocabularySize()));
        }
        ModelConfig config = shape.config(context, tokenizer);
        Path folder = Files.createDirectory(parent.resolve("tokenizer-" + context));
        tokenizer.write(folder);
        Path checkpoint = parent.resolve("checkpoint-" + context);
        Checkpoint.write(checkpoint, config, weights(config, random), folder, Map.of("stage", "bench"));
        return checkpoint;
    }

    private static String words(SplittableRandom random) {
        var text = new StringBuilder();
        for (int word = 0; word < WORDS; word++) {
            int letters = random.nextInt(3, 9);
            for (int i = 0; i < letters; i++) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            text.append(' ');
        }
        return text.toString();
    }

    static SortedMap<String, TensorSource> weights(ModelConfig config, SplittableRandom random) {
        SortedMap<String, TensorSource> weights = new TreeMap<>();
        config.tensors().forEach((name, shape) -> weights.put(name, new RandomTensor(shape, random.nextLong())));
        return weights;
    }

    /// Drawn as it is read, as all of them together may be larger than the memory: each number from its own place, so
    /// that it is the same in whatever pieces the tensor is read. Norms are 1.
    private record RandomTensor(long[] shape, long seed) implements TensorSource {
        @Override
        public void read(long from, FloatBuffer into) {
            boolean norm = shape.length == 1;
            double width = norm ? 0 : Math.sqrt(12.0 / shape[1]); // of even odds whose variance is 1 / inputs
            for (long place = from; into.hasRemaining(); place++) {
                into.put((float) (norm ? 1 : width * (new SplittableRandom(seed + place).nextDouble() - 0.5)));
            }
        }
    }
}
