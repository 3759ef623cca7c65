package org.millrace.trainer.torch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Advantages;
import org.millrace.trainer.Example;
import org.millrace.trainer.KlController;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Refusal;
import org.millrace.trainer.RoundSource;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.Schedule;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Trajectory;

/// PPO. A round, top to bottom:
///
/// ```text
/// trajectories ──▶ proximal, reference log-probs, values        no gradients, once
///              ──▶ rewards − β·KL ──▶ advantages, returns ──▶ whitened
///              ──▶ epochs × minibatches: actor and critic step; with the actor's,
///                  documents are read (Rehearsal); beyond ROUND_DIVERGENCE it rests
///              ──▶ divergence from the reference ──▶ β adapts ──▶ publish the actor
/// ```
///
/// Three models: the actor learns, the reference is the actor as it was at the start, the critic
/// has its own trunk, that of the reward model. There is no dropout anywhere.
final class PolicyImprovement {

    private static final double DISCOUNT = 1;
    private static final double LAMBDA = 0.95;

    /// Taken from the reward of an answer that did not end itself.
    static final double MISSING_END_PENALTY = 1;

    private final ScalarType policyProducts;
    private final ScalarType otherProducts;

    /// @param policyProducts fp32 where log-probabilities must be those of the server
    /// @param otherProducts of the critic and of reading documents, which no server does
    PolicyImprovement(ScalarType policyProducts, ScalarType otherProducts) {
        this.policyProducts = policyProducts;
        this.otherProducts = otherProducts;
    }

    Outcome run(
            Plan.ImprovePolicy plan,
            Checkpoint base,
            Checkpoint reward,
            List<Example> documents,
            RoundSource rounds,
            Listener listener)
            throws TrainingFailed, IOException, InterruptedException {
        if (reward.config().vocabulary() != base.config().vocabulary()
                || !reward.config().scalarHead()) {
            throw new TrainingFailed("reward: expected a reward model over %d ids, got one over %d"
                    .formatted(base.config().vocabulary(), reward.config().vocabulary()));
        }
        Schedule schedule = Scaling.schedule(plan);
        try (PointerScope models = new PointerScope()) {
            Decoder actor = new Decoder(Parameters.of(base), policyProducts);
            Decoder reference = new Decoder(Parameters.of(base), policyProducts);
            Decoder critic = new Decoder(Parameters.of(reward), otherProducts);
            Learners learners = new Learners(
                    actor,
                    new Optimizer(actor.parameters(), Scaling.actorRates(plan, base.config()), policyProducts),
                    critic,
                    new Optimizer(critic.parameters(), Scaling.criticRates(plan, base.config()), otherProducts),
                    Rehearsal.of(plan, actor.parameters(), otherProducts, documents),
                    plan.temperature());
            Run run = new Run(plan.budget(), listener);
            Progress progress = new Progress(
                    rounds,
                    new KlController(
                            plan.klCoefficient() > 0 ? plan.klCoefficient() : Scaling.KL_COEFFICIENT, plan.klTarget()));
            Keeper keeper = new Keeper(
                    listener.keeping(), run, learners.parts(identity(plan, base, reward, documents), run, progress));
            keeper.resume();
            if (run.steps() == 0) {
                listener.publish(0, actor.parameters());
            }
            SortedMap<String, Double> figures = new TreeMap<>();
            while (run.goesOn()) {
                long round = run.steps() + 1;
                double asked = run.seconds();
                List<Trajectory> trajectories;
                try {
                    trajectories = next(rounds, round, listener);
                } catch (TrainingFailed | InterruptedException e) { // perhaps by a stop
                    keeper.stopped();
                    throw e;
                }
                run.rested(rounds.outage());
                if (trajectories.isEmpty()) {
                    continue; // cancelled, which the run hears
                }
                double came = run.seconds();
                check(
                        trajectories,
                        actor.config().vocabulary(),
                        Math.min(actor.config().context(), critic.config().context()));
                Factors factors = new Factors(schedule.factor(run.used()), Scaling.CRITIC_SCHEDULE.factor(run.used()));
                Round learned = new Round(trajectories, new Random(plan.seed() + 0x9E3779B97F4A7C15L * round));
                learned.look(learners, reference);
                learned.judge(progress.kl.coefficient());
                figures = learned.learn(learners, factors, run);
                double kl = learned.divergence(learners, reference);
                figures.put("kl_nats", kl);
                figures.put("kl_coefficient", progress.kl.coefficient());
                figures.put("wait_seconds", came - asked);
                figures.put("update_seconds", run.seconds() - came);
                progress.kl = progress.kl.after(kl);
                run.counted(learned.tokens());
                run.report(figures);
                listener.publish(round, actor.parameters());
                keeper.step(); // after it: a state never runs ahead of what the workers have
            }
            if (run.cancelled()) {
                keeper.stopped();
            }
            return run.outcome(figures);
        }
    }

    /// The reference is the base.
    private static TrainingState.Part identity(
            Plan.ImprovePolicy plan, Checkpoint base, Checkpoint reward, List<Example> documents) throws IOException {
        return new Facts(plan)
                .with("base", base)
                .with("reward", reward)
                .with("documents", documents)
                .sealed();
    }

    /// Where a run stands besides its weights.
    private static final class Progress implements TrainingState.Part {

        private final RoundSource rounds;
        private KlController kl;

        Progress(RoundSource rounds, KlController kl) {
            this.rounds = rounds;
            this.kl = kl;
        }

        @Override
        public void tell(TrainingState state) {
            state.put("kl", kl.coefficient());
            state.putAny("rounds", rounds.state());
        }

        @Override
        public void take(TrainingState state) {
            kl = new KlController(state.numbers("kl")[0], kl.target(), kl.least());
            rounds.restore(state.numbers("rounds"));
        }
    }

    /// None if the run was cancelled.
    private static List<Trajectory> next(RoundSource rounds, long round, Listener listener)
            throws TrainingFailed, InterruptedException {
        try {
            List<Trajectory> trajectories = rounds.next(round);
            if (trajectories.isEmpty() && !listener.cancelled()) {
                throw new TrainingFailed("round %d: expected trajectories, got none".formatted(round));
            }
            return trajectories;
        } catch (TimeoutException e) {
            throw new TrainingFailed("round %d: %s".formatted(round, e.getMessage()), e);
        }
    }

    private static void check(List<Trajectory> trajectories, int vocabulary, int context) throws TrainingFailed {
        Refusal.checkIds(
                "prompt_tokens",
                trajectories.stream().map(Trajectory::promptTokens).toList(),
                vocabulary);
        Refusal.checkIds("tokens", trajectories.stream().map(Trajectory::tokens).toList(), vocabulary);
        for (Trajectory trajectory : trajectories) {
            if (Answers.length(trajectory) > context) {
                throw new TrainingFailed("rollout: expected at most %d tokens with its prompt, got %d"
                        .formatted(context + 1, Answers.length(trajectory) + 1));
            }
        }
    }

    /// The models that learn, each with its optimizer.
    record Learners(
            Decoder actor,
            Optimizer actorSteps,
            Decoder critic,
            Optimizer criticSteps,
            Optional<Rehearsal> rehearsal,
            double temperature) {

        /// All that the next round depends on, with what is not theirs.
        List<TrainingState.Part> parts(TrainingState.Part... more) {
            List<TrainingState.Part> parts = new ArrayList<>(List.of(more));
            parts.add(actorSteps.named("actor"));
            parts.add(criticSteps.named("critic"));
            rehearsal.ifPresent(read -> parts.add(Pretraining.rows("documents", read.rows())));
            return parts;
        }
    }

    /// Of the learning rates, from the schedules.
    record Factors(double actor, double critic) {}

    /// One round's trajectories and everything that is computed of them once.
    static final class Round {

        private final List<Trajectory> trajectories;
        private final Random random;
        private final int length;
        private final List<List<Integer>> minibatches; // of the first epoch
        private final float[][] proximal;
        private final float[][] referenceLogProbs;
        private final float[][] values;
        private final double[][] advantages;
        private final double[][] returns;
        private double deviation; // of the advantages, before they are whitened

        Round(List<Trajectory> trajectories, Random random) {
            this.trajectories = List.copyOf(trajectories);
            this.random = random;
            this.length = trajectories.stream().mapToInt(Answers::length).max().orElseThrow();
            this.minibatches = shuffled();
            int n = trajectories.size();
            this.proximal = new float[n][];
            this.referenceLogProbs = new float[n][];
            this.values = new float[n][];
            this.advantages = new double[n][];
            this.returns = new double[n][];
        }

        long tokens() {
            return trajectories.stream().mapToLong(Answers::length).sum();
        }

        /// A fresh permutation in minibatches.
        private List<List<Integer>> shuffled() {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < trajectories.size(); i++) {
                order.add(i);
            }
            Collections.shuffle(order, random);
            int size = Math.ceilDiv(order.size(), Scaling.MINIBATCHES);
            List<List<Integer>> parts = new ArrayList<>();
            for (int start = 0; start < order.size(); start += size) {
                parts.add(List.copyOf(order.subList(start, Math.min(order.size(), start + size))));
            }
            return parts;
        }

        /// Log-probabilities and values as they are before the update. In the minibatches of the
        /// first epoch and with the same row length, so that the first ratio of an update is
        /// exactly 1.
        void look(Learners learners, Decoder reference) {
            for (List<Integer> minibatch : minibatches) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    Answers answers = answers(minibatch);
                    double temperature = learners.temperature();
                    scatter(
                            minibatch,
                            proximal,
                            answers.logProbs(answers.distributions(learners.actor(), temperature)));
                    scatter(
                            minibatch,
                            referenceLogProbs,
                            answers.logProbs(answers.distributions(reference, temperature)));
                    scatter(minibatch, values, answers.values(learners.critic()));
                }
            }
        }

        /// Rewards with their KL penalty, advantages and the critic's targets.
        void judge(double coefficient) {
            for (int i = 0; i < trajectories.size(); i++) {
                Trajectory trajectory = trajectories.get(i);
                double reward = trajectory.reward() - (trajectory.finished() ? 0 : MISSING_END_PENALTY);
                double[] rewards = Advantages.penalised(proximal[i], referenceLogProbs[i], reward, coefficient);
                double[] expected = doubles(values[i]);
                advantages[i] = Advantages.generalised(rewards, expected, DISCOUNT, LAMBDA);
                returns[i] = advantages[i].clone();
                for (int t = 0; t < expected.length; t++) {
                    returns[i][t] += expected[t];
                }
            }
            deviation = Advantages.whiten(advantages);
        }

        /// Moves actor and critic; returns the round's figures. The actor rests for the rest of the
        /// round once it is as far from where it began as a round may take it: what was drawn there
        /// says little about policies that are far away.
        SortedMap<String, Double> learn(Learners learners, Factors factors, Run run) throws TrainingFailed {
            Means means = new Means();
            boolean near = true;
            for (int epoch = 0; epoch < Scaling.POLICY_EPOCHS; epoch++) {
                for (List<Integer> minibatch : epoch == 0 ? minibatches : shuffled()) {
                    try (PointerScope scope = new PointerScope()) {
                        Answers answers = answers(minibatch);
                        near = near && moveActor(minibatch, answers, learners, factors.actor(), run, means);
                        moveCritic(minibatch, answers, learners, factors.critic(), run, means);
                    }
                }
            }
            SortedMap<String, Double> figures = means.figures();
            figures.putAll(figuresOfRollouts());
            return figures;
        }

        /// How far the actor is from the reference now, on what was drawn in this round: the mean over
        /// trajectories of `Σ_t Σ_v π(v|t) · (log π(v|t) − log π_ref(v|t))`, nats. The sum over all ids v
        /// in place of the drawn one is never negative, whoever drew, and has less noise.
        double divergence(Learners learners, Decoder reference) {
            double sum = 0;
            for (List<Integer> minibatch : minibatches) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    Answers answers = answers(minibatch);
                    Tensor expected = answers.distributions(reference, learners.temperature()); // (N, V)
                    Tensor now = answers.distributions(learners.actor(), learners.temperature()); // (N, V)
                    sum += now.exp().mul_(now.sub_(expected)).sum().item_double();
                }
            }
            return sum / trajectories.size();
        }

        /// @return false if it was too far already, and stayed where it is
        private boolean moveActor(
                List<Integer> minibatch, Answers answers, Learners learners, double factor, Run run, Means means)
                throws TrainingFailed {
            Tensor distributions = answers.distributions(learners.actor(), learners.temperature()); // (N, V)
            PolicyLoss.Policy policy = PolicyLoss.policy(
                    answers.logProbs(distributions),
                    gather(minibatch, proximal),
                    gather(minibatch, behaviour()),
                    gather(minibatch, floats(advantages)));
            // Before the first step: 1 and 0, or something is computed in two ways.
            if (means.isEmpty()) {
                means.once("first_ratio", policy.ratio());
                means.once("first_clip_fraction", policy.clipped());
            }
            means.add("approximate_kl_nats", policy.approximateKl());
            if (policy.approximateKl().item_double() > Scaling.ROUND_DIVERGENCE) {
                return false;
            }
            means.add("policy_loss", policy.loss());
            means.add("clip_fraction", policy.clipped());
            means.add("ratio", policy.ratio());
            means.add("importance_weight", policy.weight());
            means.add("entropy_nats", entropy(distributions.detach()));
            run.checked(Step.on(joined(policy.loss(), learners.rehearsal(), means), learners.actorSteps(), factor));
            return true;
        }

        private static Tensor joined(Tensor policyLoss, Optional<Rehearsal> rehearsal, Means means) {
            if (rehearsal.isEmpty()) {
                return policyLoss;
            }
            Tensor documents = rehearsal.get().loss(); // ()
            means.add("document_loss_nats", documents);
            return policyLoss.add(documents, new Scalar(rehearsal.get().coefficient())); // ()
        }

        private void moveCritic(
                List<Integer> minibatch, Answers answers, Learners learners, double factor, Run run, Means means)
                throws TrainingFailed {
            Tensor value = PolicyLoss.value(
                    answers.values(learners.critic()), gather(minibatch, values), gather(minibatch, floats(returns)));
            means.add("value_loss", value);
            run.checked(Step.on(value, learners.criticSteps(), factor));
        }

        private SortedMap<String, Double> figuresOfRollouts() {
            SortedMap<String, Double> figures = new TreeMap<>();
            double reward = 0;
            double finished = 0;
            double tokens = 0;
            for (Trajectory trajectory : trajectories) {
                reward += trajectory.reward();
                finished += trajectory.finished() ? 1 : 0;
                tokens += trajectory.tokens().length;
            }
            int n = trajectories.size();
            figures.put("reward_mean", reward / n);
            figures.put("finished_share", finished / n);
            figures.put("answer_tokens", tokens / n);
            figures.put("trajectories", (double) n);
            figures.put("advantage_deviation", deviation);
            figures.put("explained_variance", explainedVariance());
            return figures;
        }

        /// `1 − Var(R − V) / Var(R)`: 1 is a perfect critic, 0 one that knows the mean.
        private double explainedVariance() {
            double[] all =
                    Arrays.stream(returns).flatMapToDouble(Arrays::stream).toArray();
            double[] expected = Arrays.stream(values)
                    .flatMapToDouble(v -> Arrays.stream(doubles(v)))
                    .toArray();
            double[] errors = new double[all.length];
            Arrays.setAll(errors, i -> all[i] - expected[i]);
            double variance = variance(all);
            return variance == 0 ? 0 : 1 - variance(errors) / variance;
        }

        private static double variance(double[] x) {
            double mean = Arrays.stream(x).average().orElse(0);
            return Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0);
        }

        private static Tensor entropy(Tensor distributions) {
            return distributions.exp().mul(distributions).sum(-1).mean().neg(); // ()
        }

        private Answers answers(List<Integer> minibatch) {
            return Answers.of(minibatch.stream().map(trajectories::get).toList(), length);
        }

        private float[][] behaviour() {
            return trajectories.stream().map(Trajectory::drawnLogProbs).toArray(float[][]::new);
        }

        private void scatter(List<Integer> minibatch, float[][] into, Tensor tensor) {
            float[] all = Parameters.values(tensor);
            int next = 0;
            for (int i : minibatch) {
                int count = trajectories.get(i).drawn().length;
                into[i] = Arrays.copyOfRange(all, next, next + count);
                next += count;
            }
        }

        private static Tensor gather(List<Integer> minibatch, float[][] from) {
            int N = minibatch.stream().mapToInt(i -> from[i].length).sum();
            float[] all = new float[N];
            int next = 0;
            for (int i : minibatch) {
                System.arraycopy(from[i], 0, all, next, from[i].length);
                next += from[i].length;
            }
            return AbstractTensor.create(all, N); // (N)
        }

        private static float[][] floats(double[][] x) {
            return Arrays.stream(x)
                    .map(row -> {
                        float[] narrow = new float[row.length];
                        for (int i = 0; i < row.length; i++) {
                            narrow[i] = (float) row[i];
                        }
                        return narrow;
                    })
                    .toArray(float[][]::new);
        }

        private static double[] doubles(float[] x) {
            double[] wide = new double[x.length];
            Arrays.setAll(wide, i -> x[i]);
            return wide;
        }
    }

    /// Means of figures over minibatches.
    private static final class Means {

        private final SortedMap<String, DoubleSummaryStatistics> values = new TreeMap<>();
        private final SortedMap<String, Double> fixed = new TreeMap<>();

        boolean isEmpty() {
            return values.isEmpty();
        }

        void once(String name, Tensor value) {
            fixed.put(name, value.item_double());
        }

        void add(String name, Tensor value) {
            values.computeIfAbsent(name, absent -> new DoubleSummaryStatistics())
                    .accept(value.item_double());
        }

        /// With them, how often the actor moved.
        SortedMap<String, Double> figures() {
            SortedMap<String, Double> figures = new TreeMap<>(fixed);
            values.forEach((name, seen) -> figures.put(name, seen.getAverage()));
            DoubleSummaryStatistics moves = values.get("policy_loss");
            figures.put("actor_steps", moves == null ? 0.0 : moves.getCount());
            return figures;
        }
    }
}
