package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.softplus;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.PairLoss;
import org.millrace.trainer.Plan;
import org.millrace.trainer.RankingQuality;
import org.millrace.trainer.Refusal;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.Schedule;
import org.millrace.trainer.TrainingFailed;

/// A scalar score that orders answers as people did: K-wise Bradley–Terry on the trunk of a
/// fine-tuned model.
///
/// Prompts fall in three parts by their hash: held out (only reported), selection (which epoch is
/// kept, when to stop), training. So the reported accuracy chose nothing.
final class RewardTraining {

    private final ScalarType compute;

    RewardTraining(ScalarType compute) {
        this.compute = compute;
    }

    Outcome run(
            Plan.TrainReward plan,
            Checkpoint base,
            List<Comparison> comparisons,
            List<int[]> reference,
            Listener listener)
            throws TrainingFailed, IOException {
        List<Comparison> usable = usable(comparisons, base.config());
        List<Comparison> heldOut = usable.stream().filter(Comparison::heldOut).toList();
        List<Comparison> selection =
                usable.stream().filter(Comparison::forSelection).toList();
        List<Comparison> training = usable.stream()
                .filter(comparison -> !comparison.heldOut() && !comparison.forSelection())
                .toList();
        if (training.isEmpty()) {
            throw new TrainingFailed(
                    "comparisons: expected at least one to train on with a preferred candidate, got none of "
                            + comparisons.size());
        }
        List<int[]> normaliseOn = reference.isEmpty() ? sequences(usable) : reference;
        Refusal.checkIds("reference", normaliseOn, base.config().vocabulary());
        int promptsPerStep = plan.promptsPerStep() > 0 ? plan.promptsPerStep() : Scaling.PROMPTS_PER_STEP;
        boolean longerIsBetter = RankingQuality.longerIsBetter(training);
        Schedule schedule = Scaling.schedule(plan);
        try (PointerScope model = new PointerScope()) {
            Parameters parameters = Parameters.withScalarHead(base);
            Decoder decoder = new Decoder(parameters, compute);
            Optimizer optimizer = new Optimizer(parameters, Scaling.rewardRates(plan, base.config()), compute);
            Run run = new Run(plan.budget(), listener);
            Order order = new Order(training, promptsPerStep, plan.seed());
            Best best = new Best(parameters);
            Keeper keeper = new Keeper(
                    listener.keeping(),
                    run,
                    List.of(
                            new Facts(plan)
                                    .with("base", base)
                                    .with(comparisons, reference)
                                    .sealed(),
                            optimizer,
                            run,
                            order,
                            best));
            keeper.resume();
            while (run.goesOn() && best.isRecent()) {
                List<Comparison> batch = order.next();
                try (PointerScope step = new PointerScope()) {
                    double factor = schedule.factor(run.used());
                    run.counted(Step.on(loss(decoder, batch), optimizer, factor), tokens(batch));
                }
                run.report(new TreeMap<>());
                if (!selection.isEmpty() && order.isAtEnd()) {
                    best.look(selectionLoss(run, decoder, selection, longerIsBetter));
                }
                keeper.step();
            }
            if (run.cancelled()) {
                keeper.stopped();
                return run.outcome(new TreeMap<>());
            }
            if (!selection.isEmpty()) {
                if (!order.isAtEnd()) { // the budget ended in the middle of an epoch
                    best.look(selectionLoss(run, decoder, selection, longerIsBetter));
                }
                parameters.assign(best.parameters);
            }
            SortedMap<String, Double> figures = new TreeMap<>();
            figures.put("comparisons", (double) comparisons.size());
            figures.put("unusable_comparisons", (double) (comparisons.size() - usable.size()));
            figures.put("held_out_pairs", 0.0);
            if (!heldOut.isEmpty()) {
                RankingQuality quality = quality(decoder, heldOut, longerIsBetter);
                figures.put("held_out_pairs", (double) quality.pairs());
                figures.put("held_out_accuracy", quality.accuracy());
                figures.put("held_out_kendall_tau", quality.tau());
                figures.put("held_out_loss_nats", quality.loss());
                figures.put("held_out_length_baseline", quality.lengthBaseline());
            }
            listener.publish(run.steps(), normalised(decoder, normaliseOn, figures));
            return run.outcome(figures);
        }
    }

    private static double selectionLoss(Run run, Decoder decoder, List<Comparison> selection, boolean longerIsBetter) {
        double loss =
                run.outside(() -> quality(decoder, selection, longerIsBetter).loss());
        run.report(new TreeMap<>(Map.of("selection_loss_nats", loss)));
        return loss;
    }

    /// Batches without end, the last of an epoch perhaps smaller. The order of an epoch follows from the
    /// seed and the epoch's number alone.
    private static final class Order implements TrainingState.Part {

        private final List<Comparison> comparisons;
        private final int most;
        private final long seed;
        private List<Comparison> epoch = List.of();
        private long begun;
        private int next;

        Order(List<Comparison> comparisons, int most, long seed) {
            this.comparisons = comparisons;
            this.most = most;
            this.seed = seed;
        }

        List<Comparison> next() {
            if (isAtEnd()) {
                open(begun + 1);
                next = 0;
            }
            int from = next;
            next = Math.min(epoch.size(), from + most);
            return epoch.subList(from, next);
        }

        boolean isAtEnd() {
            return next == epoch.size();
        }

        private void open(long number) {
            begun = number;
            List<Comparison> order = new ArrayList<>(comparisons);
            Collections.shuffle(order, new Random(seed + 0x9E3779B97F4A7C15L * number));
            epoch = order;
        }

        @Override
        public void tell(TrainingState state) {
            state.put("order", begun, next);
        }

        @Override
        public void take(TrainingState state) {
            double[] numbers = state.numbers("order");
            if (numbers[0] > 0) {
                open((long) numbers[0]);
            }
            next = (int) numbers[1];
        }
    }

    /// The weights with the least loss on the selection part, looked at after each epoch.
    private static final class Best implements TrainingState.Part {

        private final Parameters learning;
        private final Parameters parameters;
        private double loss = Double.POSITIVE_INFINITY;
        private int worse;

        Best(Parameters learning) {
            this.learning = learning;
            this.parameters = learning.copy(learning.config());
        }

        /// Whether there is reason to go on.
        boolean isRecent() {
            return worse < Scaling.REWARD_PATIENCE;
        }

        void look(double now) {
            worse = now < loss ? 0 : worse + 1;
            if (now < loss) {
                loss = now;
                parameters.assign(learning);
            }
        }

        @Override
        public void tell(TrainingState state) {
            parameters.tensors().forEach((name, tensor) -> state.put("best." + name, tensor));
            state.put("best", loss, worse);
        }

        @Override
        public void take(TrainingState state) {
            loss = state.numbers("best")[0];
            worse = (int) state.numbers("best")[1];
        }
    }

    /// Comparisons that say something and fit: a pair, ids of this vocabulary, no longer than the
    /// context.
    private static List<Comparison> usable(List<Comparison> comparisons, ModelConfig config) throws TrainingFailed {
        Refusal.checkIds("comparisons", sequences(comparisons), config.vocabulary());
        return comparisons.stream()
                .filter(comparison -> !comparison.pairs().isEmpty())
                .filter(comparison -> sequences(List.of(comparison)).stream()
                        .allMatch(sequence -> sequence.length <= config.context()))
                .toList();
    }

    private static List<int[]> sequences(List<Comparison> comparisons) {
        List<int[]> sequences = new ArrayList<>();
        for (Comparison comparison : comparisons) {
            for (int i = 0; i < comparison.candidates().size(); i++) {
                sequences.add(comparison.sequence(i));
            }
        }
        return sequences;
    }

    private static long tokens(List<Comparison> comparisons) {
        return sequences(comparisons).stream()
                .mapToLong(sequence -> sequence.length)
                .sum();
    }

    /// Mean over prompts of [PairLoss], with gradients: every candidate is scored once, however
    /// many pairs it is in.
    static Tensor loss(Decoder decoder, List<Comparison> comparisons) {
        return loss(Scorer.scores(decoder, sequences(comparisons)), comparisons); // ()
    }

    /// The same from scores (N) in the order of prompts and candidates.
    static Tensor loss(Tensor scores, List<Comparison> comparisons) {
        List<Comparison.Pair> pairs = new ArrayList<>();
        List<Float> weights = new ArrayList<>();
        int first = 0;
        for (Comparison comparison : comparisons) {
            List<Comparison.Pair> own = comparison.pairs();
            for (Comparison.Pair pair : own) {
                pairs.add(new Comparison.Pair(first + pair.better(), first + pair.worse()));
                weights.add(1f / own.size() / comparisons.size());
            }
            first += comparison.candidates().size();
        }
        int P = pairs.size();
        long[] betterAt = pairs.stream().mapToLong(Comparison.Pair::better).toArray();
        long[] worseAt = pairs.stream().mapToLong(Comparison.Pair::worse).toArray();
        float[] weight = new float[P];
        for (int i = 0; i < P; i++) {
            weight[i] = weights.get(i);
        }
        Tensor better = scores.index_select(0, AbstractTensor.create(betterAt, P)); // (P)
        Tensor worse = scores.index_select(0, AbstractTensor.create(worseAt, P)); // (P)
        Tensor preference = softplus(worse.sub(better)); // (P)
        Tensor centring = better.square().add(worse.square()).mul(new Scalar(0.5 * PairLoss.CENTRING)); // (P)
        return preference.add(centring).dot(AbstractTensor.create(weight, P)); // ()
    }

    private static RankingQuality quality(Decoder decoder, List<Comparison> comparisons, boolean longerIsBetter) {
        double[] all = Scorer.measure(decoder, sequences(comparisons));
        List<double[]> scores = new ArrayList<>();
        int next = 0;
        for (Comparison comparison : comparisons) {
            scores.add(
                    Arrays.copyOfRange(all, next, next + comparison.candidates().size()));
            next += comparison.candidates().size();
        }
        return RankingQuality.of(comparisons, scores, longerIsBetter);
    }

    /// The model with the normalisation that gives the reference answers mean 0 and deviation 1.
    private static Parameters normalised(Decoder decoder, List<int[]> reference, SortedMap<String, Double> figures)
            throws TrainingFailed {
        List<int[]> fitting = reference.stream()
                .filter(sequence -> sequence.length <= decoder.config().context())
                .toList();
        double[] scores = Scorer.measure(decoder, fitting);
        double mean = Arrays.stream(scores).average().orElse(0);
        double variance = Arrays.stream(scores)
                .map(score -> (score - mean) * (score - mean))
                .average()
                .orElse(0);
        double deviation = Math.sqrt(variance);
        if (!(deviation > 1e-9)) {
            throw new TrainingFailed("reward: all %d reference answers score %s, the model tells nothing apart"
                    .formatted(scores.length, mean));
        }
        figures.put("reward_mean", mean);
        figures.put("reward_deviation", deviation);
        return decoder.parameters().copy(decoder.config().withReward(mean, deviation));
    }
}
