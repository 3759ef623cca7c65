package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.Example;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.RoundSource;
import org.millrace.trainer.Trainer;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Trajectory;
import org.millrace.trainer.Vocabulary;

/// A trainer that learns nothing, and remembers what it was given. Its weights are zeros.
final class FakeTrainer implements Trainer {

    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<Example> documents = new CopyOnWriteArrayList<>();
    final List<List<Trajectory>> rounds = new CopyOnWriteArrayList<>();
    final List<Comparison> comparisons = new CopyOnWriteArrayList<>();

    /// Directories that runs started from; a directory is named by the hash of what is in it.
    final List<List<Path>> origins = new CopyOnWriteArrayList<>();

    /// Each step of a run waits for this; set to false to let it go on.
    volatile boolean stuck;

    /// A step that is stuck does not hear of a stop.
    volatile boolean deaf;

    /// Whether PPO keeps its state after each round.
    volatile boolean keeping;

    private volatile double @Nullable [] kept;
    private volatile long keptRound;

    /// What happens before a model is published.
    volatile Failing publishing = () -> {};

    interface Failing {
        void run() throws IOException;
    }

    /// What happens when a model was published.
    volatile Runnable published = () -> {};

    @Override
    public Outcome pretrain(
            Plan.Pretrain plan,
            Vocabulary vocabulary,
            List<Example> documents,
            List<Example> validation,
            Listener listener)
            throws TrainingFailed, IOException {
        calls.add("pretrain " + vocabulary);
        this.documents.addAll(documents);
        if (documents.isEmpty()) {
            throw new TrainingFailed("documents: expected at least 1, got 0");
        }
        return train(plan, false, listener);
    }

    @Override
    public Outcome fineTune(
            Plan.FineTune plan,
            Path base,
            Map<String, List<Example>> conversations,
            List<Example> validation,
            List<Example> documents,
            Listener listener)
            throws IOException {
        origins.add(List.of(base.getFileName()));
        calls.add("fineTune " + new TreeMap<>(conversations).keySet());
        return train(plan, false, listener);
    }

    @Override
    public Outcome trainReward(
            Plan.TrainReward plan, Path base, List<Comparison> comparisons, List<int[]> reference, Listener listener)
            throws IOException {
        calls.add("trainReward " + comparisons.size() + " " + reference.size());
        this.comparisons.addAll(comparisons);
        return train(plan, true, listener);
    }

    @Override
    public Outcome improvePolicy(
            Plan.ImprovePolicy plan,
            Path base,
            Path reward,
            List<Example> documents,
            RoundSource source,
            Listener listener)
            throws TrainingFailed, IOException, InterruptedException {
        origins.add(List.of(base.getFileName(), reward.getFileName()));
        calls.add("improvePolicy");
        double[] from = kept;
        long first = 1;
        if (from == null) {
            publish(0, false, listener);
        } else {
            source.restore(from);
            first = keptRound + 1;
        }
        for (long round = first; round <= plan.budget().maxSteps(); round++) {
            List<Trajectory> trajectories;
            try {
                trajectories = new ArrayList<>(source.next(round));
            } catch (TimeoutException e) {
                throw new TrainingFailed("round " + round + ": " + e.getMessage(), e);
            }
            if (trajectories.isEmpty()) {
                return new Outcome(round - 1, true, new TreeMap<>());
            }
            rounds.add(trajectories);
            measure(plan, round, listener);
            publish(round, false, listener);
            if (keeping) {
                kept = source.state();
                keptRound = round;
            }
        }
        return new Outcome(plan.budget().maxSteps(), false, new TreeMap<>());
    }

    private Outcome train(Plan plan, boolean scalarHead, Listener listener) throws IOException {
        long steps = plan.budget().maxSteps();
        for (long step = 1; step <= steps; step++) {
            while (stuck && (deaf || !listener.cancelled())) {
                LockSupport.parkNanos(5_000_000);
            }
            if (listener.cancelled()) {
                return new Outcome(step - 1, true, new TreeMap<>());
            }
            measure(plan, step, listener);
        }
        publishing.run();
        publish(steps, scalarHead, listener);
        published.run();
        return new Outcome(steps, false, new TreeMap<>(Map.of("bits_per_byte", 1.5)));
    }

    private static void measure(Plan plan, long step, Listener listener) {
        double progress = (double) step / plan.budget().maxSteps();
        listener.measured(step, new TreeMap<>(Map.of("loss_nats", 1.0 / step)), progress, 1 - progress);
    }

    private static void publish(long step, boolean scalarHead, Listener listener) throws IOException {
        listener.publish(
                step,
                (directory, tokenizer, provenance) -> Mill.writeZeros(directory, tokenizer, scalarHead, provenance));
    }
}
