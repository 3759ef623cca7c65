package org.millrace.trainer.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Example;
import org.millrace.trainer.Keeping;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.Row;
import org.millrace.trainer.Snapshot;
import org.millrace.trainer.Vocabulary;

/// Models and data that train in a second, for tests.
final class Tiny {

    static final int IDS = 23;
    static final int BOS = 14;
    static final int EOS = 18;
    static final Vocabulary VOCABULARY = new Vocabulary(IDS, BOS, EOS);

    static {
        torch.set_num_threads(1); // a second one costs more than it brings on tensors this small
    }

    private Tiny() {}

    static ModelConfig model(int kvHeads, boolean qkNorm, boolean tied) {
        return new ModelConfig(2, 16, 4, kvHeads, 6, 20, IDS, 24, 10_000, 1e-5, qkNorm, tied, false, 0, 1, BOS, EOS);
    }

    /// Random weights everywhere, the output projections too, so that every path is seen.
    static Parameters busy(ModelConfig config, long seed) {
        Parameters parameters = Parameters.random(config, seed);
        Random random = new Random(seed);
        parameters.tensors().forEach((name, tensor) -> {
            float[] values = Parameters.values(tensor);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((name.endsWith("norm.weight") ? 1 : 0) + 0.3 * random.nextGaussian());
            }
            tensor.data_ptr_float().put(values);
        });
        return parameters;
    }

    static Path checkpoint(Path dir, ModelConfig config, long seed) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            busy(config, seed).write(dir, tokenizer(dir), Map.of());
        }
        return dir;
    }

    static Path tokenizer(Path near) throws IOException {
        Path dir = near.resolveSibling("tokenizer");
        if (!Files.exists(dir)) {
            Files.createDirectory(dir);
            Files.writeString(dir.resolve("tokenizer.json"), "{}");
        }
        return dir;
    }

    /// Documents that count up by one from somewhere: easy to learn.
    static List<Example> counting(int documents) {
        Random random = new Random(3);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < documents; i++) {
            int[] tokens = new int[12];
            tokens[0] = BOS;
            tokens[1] = random.nextInt(BOS);
            for (int t = 2; t < tokens.length; t++) {
                tokens[t] = (tokens[t - 1] + 1) % BOS;
            }
            examples.add(Example.document(tokens, tokens.length - 1));
        }
        return examples;
    }

    /// A step on some rows at the full rate, in one part.
    static Step step(List<Row> rows, Decoder decoder, Optimizer optimizer) {
        return Step.on(rows, List.of(), 0, rows.size(), decoder, optimizer, new Outliers(), 1);
    }

    /// Remembers what it was told, writes every snapshot, cancels when asked.
    static class Notes implements Listener {

        final List<SortedMap<String, Double>> figures = new ArrayList<>();
        final List<Double> progress = new ArrayList<>();
        final List<Long> measured = new ArrayList<>();
        final Map<Long, Path> published = new TreeMap<>();
        private final Path dir;
        private final long cancelAfter;
        private final Optional<Keeping> keeping;
        private long steps;

        Notes(Path dir) {
            this(dir, Long.MAX_VALUE);
        }

        Notes(Path dir, long cancelAfter) {
            this(dir, cancelAfter, Optional.empty());
        }

        /// One that keeps its state after each step.
        static Notes keeping(Path dir, long cancelAfter, Path folder) {
            return new Notes(dir, cancelAfter, Optional.of(new Keeping(folder, Duration.ZERO)));
        }

        /// One that keeps its state at a stop alone.
        static Notes keepingSeldom(Path dir, Path folder) {
            return keepingSeldom(dir, Long.MAX_VALUE, folder);
        }

        static Notes keepingSeldom(Path dir, long cancelAfter, Path folder) {
            return new Notes(dir, cancelAfter, Optional.of(new Keeping(folder, Duration.ofDays(1))));
        }

        private Notes(Path dir, long cancelAfter, Optional<Keeping> keeping) {
            this.dir = dir;
            this.cancelAfter = cancelAfter;
            this.keeping = keeping;
        }

        @Override
        public Optional<Keeping> keeping() {
            return keeping;
        }

        @Override
        public void measured(long step, SortedMap<String, Double> values, double share, double secondsLeft) {
            figures.add(values);
            progress.add(share);
            measured.add(step);
        }

        @Override
        public void publish(long step, Snapshot snapshot) throws IOException {
            Path target = dir.resolve("model-" + step);
            snapshot.write(target, tokenizer(target), Map.of("step", Long.toString(step)));
            published.put(step, target);
        }

        @Override
        public boolean cancelled() {
            return steps++ >= cancelAfter;
        }
    }
}
