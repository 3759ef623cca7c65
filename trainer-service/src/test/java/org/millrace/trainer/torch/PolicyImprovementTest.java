package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Example;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Plan;
import org.millrace.trainer.RoundSource;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Trajectory;

class PolicyImprovementTest {

    private static final int LIKED = 7;
    private static final double TEMPERATURE = 0.8;

    @TempDir
    Path temp;

    @BeforeEach
    void models() throws IOException {
        Tiny.checkpoint(temp.resolve("policy"), Tiny.model(4, false, true), 1);
        Tiny.checkpoint(temp.resolve("reward"), Tiny.model(4, false, true).withScalarHead(), 2);
    }

    private Outcome improve(int rounds, double klTarget, RoundSource source, Tiny.Notes notes)
            throws TrainingFailed, IOException, InterruptedException {
        return improve(rounds, klTarget, 0, List.of(), source, notes);
    }

    private Outcome improve(
            int rounds,
            double klTarget,
            double documentCoefficient,
            List<Example> documents,
            RoundSource source,
            Tiny.Notes notes)
            throws TrainingFailed, IOException, InterruptedException {
        try (Checkpoint policy = Checkpoint.open(temp.resolve("policy"));
                Checkpoint reward = Checkpoint.open(temp.resolve("reward"))) {
            Plan.ImprovePolicy plan = new Plan.ImprovePolicy(
                    new Budget(rounds, 0), 3, TEMPERATURE, 0.02, klTarget, 5, documentCoefficient);
            return new PolicyImprovement(ScalarType.Float, ScalarType.Float)
                    .run(plan, policy, reward, documents, source, notes);
        }
    }

    /// A rollout worker: samples four tokens from what was published last; a liked token is worth
    /// one half.
    private final class Worker implements RoundSource {

        private final LongFunction<Path> weights;
        private Random random = new Random(5);

        Worker(Tiny.Notes notes) {
            this(step -> Objects.requireNonNull(notes.published.get(step), "weights of the step before"));
        }

        /// @param weights of a step
        Worker(LongFunction<Path> weights) {
            this.weights = weights;
        }

        @Override
        public List<Trajectory> next(long round) {
            Path latest = weights.apply(round - 1);
            try (Checkpoint checkpoint = Checkpoint.open(latest);
                    PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Decoder decoder = new Decoder(Parameters.of(checkpoint), ScalarType.Float);
                List<Trajectory> trajectories = new ArrayList<>();
                for (int i = 0; i < 24; i++) {
                    trajectories.add(sample(decoder, new int[] {Tiny.BOS, random.nextInt(Tiny.BOS), 17}, round - 1));
                }
                return trajectories;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Trajectory sample(Decoder decoder, int[] prompt, long version) {
            int[] tokens = new int[4];
            float[] logProbs = new float[4];
            double reward = 0;
            for (int i = 0; i < 4; i++) {
                int[] sequence = Arrays.copyOf(prompt, prompt.length + i);
                System.arraycopy(tokens, 0, sequence, prompt.length, i);
                float[] distribution = distribution(decoder, sequence);
                double u = random.nextDouble();
                int id = 0;
                while (id < Tiny.IDS - 1 && (u -= Math.exp(distribution[id])) > 0) {
                    id++;
                }
                tokens[i] = id;
                logProbs[i] = distribution[id];
                reward += id == LIKED ? 0.5 : 0;
            }
            long[] versions = new long[4];
            Arrays.fill(versions, version);
            return new Trajectory(prompt, tokens, logProbs, versions, reward, true);
        }
    }

    /// Rollouts that are on a log: asked again for a round, it gives the same.
    private final class Log implements RoundSource {

        final List<Long> given = new ArrayList<>();
        private final Worker worker;

        Log(Path dir) {
            worker = new Worker(step -> dir.resolve("model-" + step));
        }

        @Override
        public List<Trajectory> next(long round) {
            given.add(round);
            worker.random = new Random(round);
            return worker.next(round);
        }

        @Override
        public double[] state() {
            return given.stream().mapToDouble(round -> round).toArray();
        }

        @Override
        public void restore(double[] state) {
            assertThat(given).as("before the first round").isEmpty();
            Arrays.stream(state).forEach(round -> given.add((long) round));
        }
    }

    /// With everything that has a state: a coefficient that adapts, documents beside.
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aRunThatGoesOnEndsAsIfNothingHadHappened(int stop) throws Exception {
        Path whole = Files.createDirectory(temp.resolve("whole"));
        Path parts = Files.createDirectory(temp.resolve("parts"));
        Path states = temp.resolve("states");
        Outcome expected = improve(5, 1e-9, 1, Tiny.counting(6), new Log(whole), new Tiny.Notes(whole));

        Outcome stopped =
                improve(5, 1e-9, 1, Tiny.counting(6), new Log(parts), Tiny.Notes.keeping(parts, stop, states));
        Log rounds = new Log(parts);
        Outcome resumed =
                improve(5, 1e-9, 1, Tiny.counting(6), rounds, Tiny.Notes.keeping(parts, Long.MAX_VALUE, states));

        assertThat(stopped.steps()).isEqualTo(stop);
        assertThat(resumed.steps()).isEqualTo(5);
        assertThat(rounds.given).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(expected.figures().get("kl_coefficient")).isGreaterThan(0.02);
        for (String figure : List.of("kl_coefficient", "kl_nats", "value_loss", "document_loss_nats", "tokens")) {
            assertThat(resumed.figures())
                    .containsEntry(figure, expected.figures().get(figure));
        }
        assertThat(parts.resolve("model-5/model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("model-5/model.safetensors"));
    }

    /// What workers are asked while a stop comes is asked by the next attempt again.
    @Test
    void aStopWhileRolloutsAreAwaitedKeepsTheRoundsThatWere() throws Exception {
        Path states = temp.resolve("states");
        Log rounds = new Log(temp);
        RoundSource stopping = round -> {
            if (round == 3) {
                throw new InterruptedException("the trainer stops");
            }
            return rounds.next(round);
        };

        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> improve(4, 0, stopping, Tiny.Notes.keepingSeldom(temp, states)));

        Tiny.Notes notes = Tiny.Notes.keepingSeldom(temp, states);
        assertThat(improve(4, 0, new Log(temp), notes).steps()).isEqualTo(4);
        assertThat(notes.measured).containsExactly(3L, 4L);
    }

    @Test
    void aCancelWhileRolloutsAreAwaitedEndsTheRunWithTheRoundsThatWere() throws Exception {
        AtomicBoolean cancelled = new AtomicBoolean();
        Tiny.Notes notes = new Tiny.Notes(temp) {
            @Override
            public boolean cancelled() {
                return cancelled.get();
            }
        };
        Worker worker = new Worker(notes);
        RoundSource source = round -> {
            cancelled.set(round == 2);
            return cancelled.get() ? List.of() : worker.next(round);
        };

        Outcome outcome = improve(3, 0, source, notes);

        assertThat(outcome.cancelled()).isTrue();
        assertThat(outcome.steps()).isEqualTo(1);
        assertThat(notes.published).containsOnlyKeys(0L, 1L);
    }

    /// Log-probabilities of the next id after a sequence.
    private static float[] distribution(Decoder decoder, int[] sequence) {
        try (PointerScope scope = new PointerScope()) {
            Batch batch = Batch.of(List.of(Packing.alone(sequence, sequence.length)));
            Tensor last = decoder.hidden(batch.ids(), batch.mask()).select(1, sequence.length - 1);
            Tensor logits = decoder.logits(last).div(new Scalar(TEMPERATURE));
            return Parameters.values(logits.log_softmax(-1).squeeze(0));
        }
    }

    @Test
    void theRewardedTokenBecomesLikelyAndTheDivergenceStaysBounded() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);

        Outcome outcome = improve(25, 0, new Worker(notes), notes);

        double first = notes.figures.getFirst().getOrDefault("reward_mean", 9.0);
        assertThat(first).isLessThan(0.4);
        assertThat(outcome.figures().get("reward_mean")).isGreaterThan(first + 0.5);
        assertThat(outcome.figures().get("kl_nats")).isBetween(0.1, 15.0);
        assertThat(notes.published).hasSize(26).containsKeys(0L, 25L);
    }

    /// The best single check there is: before the first step of each round nothing has moved, so
    /// the ratio is exactly 1, and what the sampler recorded is what the trainer computes.
    @Test
    void anUpdateStartsWithTheRatioAtExactlyOne() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);

        improve(4, 0, new Worker(notes), notes);

        assertThat(notes.figures).hasSize(4).allSatisfy(figures -> {
            assertThat(figures.get("first_ratio")).isEqualTo(1.0);
            assertThat(figures.get("first_clip_fraction")).isEqualTo(0.0);
            assertThat(figures.get("importance_weight")).isCloseTo(1, within(1e-4));
        });
    }

    /// The first step of a round is always near; how many follow is for the divergence to say.
    @Test
    void theActorRestsOnceItIsFarFromWhereTheRoundBegan() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);

        improve(8, 0, new Worker(notes), notes);

        int all = Scaling.POLICY_EPOCHS * Scaling.MINIBATCHES;
        assertThat(notes.figures)
                .allSatisfy(figures -> assertThat(figures.get("actor_steps")).isBetween(1.0, (double) all))
                .anySatisfy(figures -> assertThat(figures.get("actor_steps")).isLessThan(all));
    }

    @Test
    void documentsAreRememberedWhereThePlanAsksForIt() throws Exception {
        Tiny.Notes forgetful = new Tiny.Notes(Files.createDirectory(temp.resolve("forgetful")));
        Tiny.Notes rehearsing = new Tiny.Notes(Files.createDirectory(temp.resolve("rehearsing")));
        List<Example> documents = Tiny.counting(20);

        improve(6, 0, 0, documents, new Worker(forgetful), forgetful);
        improve(6, 0, 10, documents, new Worker(rehearsing), rehearsing);

        assertThat(forgetful.figures.getFirst()).doesNotContainKey("document_loss_nats");
        assertThat(rehearsing.figures.getLast().get("document_loss_nats"))
                .isLessThan(rehearsing.figures.getFirst().get("document_loss_nats"));
        assertThat(nats(rehearsing, documents)).isLessThan(nats(forgetful, documents));
    }

    private static double nats(Tiny.Notes notes, List<Example> documents) throws IOException {
        try (Checkpoint checkpoint =
                        Checkpoint.open(Objects.requireNonNull(notes.published.get(6L), "weights of the last round"));
                PointerScope scope = new PointerScope()) {
            return Evaluation.nats(new Decoder(Parameters.of(checkpoint), ScalarType.Float), documents);
        }
    }

    @Test
    void aPlanThatWantsDocumentsNeedsSome() {
        Tiny.Notes notes = new Tiny.Notes(temp);

        assertThatExceptionOfType(TrainingFailed.class)
                .isThrownBy(() -> improve(1, 0, 1, List.of(), new Worker(notes), notes))
                .withMessageContaining("documents");
    }

    /// Position `prompt − 1 + i` predicts drawn token i, whatever the padding and the neighbours.
    @Test
    void logProbabilitiesBelongToTheDrawnTokens() throws IOException {
        Trajectory longer = trajectory(new int[] {Tiny.BOS, 3, 17}, new int[] {1, 2, 3, Tiny.EOS}, 0);
        Trajectory shorter = trajectory(new int[] {Tiny.BOS, 17}, new int[] {9, Tiny.EOS}, 0);
        try (Checkpoint checkpoint = Checkpoint.open(temp.resolve("policy"));
                PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.of(checkpoint), ScalarType.Float);
            Answers answers = Answers.of(List.of(longer, shorter), 9);

            float[] logProbs = Parameters.values(answers.logProbs(answers.distributions(decoder, TEMPERATURE)));

            assertThat(logProbs).hasSize(6);
            int next = 0;
            for (Trajectory trajectory : List.of(longer, shorter)) {
                for (int i = 0; i < trajectory.tokens().length; i++) {
                    int[] before = Arrays.copyOf(trajectory.promptTokens(), trajectory.promptTokens().length + i);
                    System.arraycopy(trajectory.tokens(), 0, before, trajectory.promptTokens().length, i);
                    assertThat(logProbs[next++])
                            .isCloseTo(distribution(decoder, before)[trajectory.tokens()[i]], within(1e-5f));
                }
            }
        }
    }

    /// They are read, and so what follows depends on them; but no term of the loss is theirs.
    @Test
    void theGradientIsThatOfTheDrawnTokensAlone() throws IOException {
        int[] prompt = {Tiny.BOS, 3, 17};
        int[] tokens = {1, 2, 7, 9, 4, Tiny.EOS};
        float[] behaviour = {-1, -2, -3, -4, -1.5f, -0.5f};
        boolean[] forced = {false, false, true, true, false, false};
        double[] advantages = {0.5, -1, 2, -2, 1.5, -0.7};
        var drawn = new Trajectory(prompt, tokens, behaviour, new long[6], 1, true);
        var partly = new Trajectory(prompt, tokens, behaviour, new long[6], forced, 1, true);
        try (Checkpoint checkpoint = Checkpoint.open(temp.resolve("policy"));
                PointerScope scope = new PointerScope()) {
            Parameters parameters = Parameters.of(checkpoint);
            Decoder decoder = new Decoder(parameters, ScalarType.Float);
            parameters.tensors().values().forEach(tensor -> tensor.set_requires_grad(true));
            Answers all = Answers.of(List.of(drawn), 9);
            Tensor ratios = all.logProbs(all.distributions(decoder, TEMPERATURE))
                    .sub(AbstractTensor.create(behaviour))
                    .exp(); // (6), none beyond a clip that would be flat: all terms are −A·ρ
            Tensor terms = ratios.mul(AbstractTensor.create(floats(advantages)))
                    .neg()
                    .mul(AbstractTensor.create(1f, 1f, 0f, 0f, 1f, 1f));
            terms.sum().div(new Scalar(4)).backward();
            SortedMap<String, float[]> expected = gradients(parameters);

            Answers some = Answers.of(List.of(partly), 9);
            Tensor logProbs = some.logProbs(some.distributions(decoder, TEMPERATURE));
            logProbs.sub(AbstractTensor.create(partly.drawnLogProbs()))
                    .exp()
                    .mul(AbstractTensor.create(0.5f, -1f, 1.5f, -0.7f))
                    .neg()
                    .mean()
                    .backward();

            assertThat(logProbs.size(0)).isEqualTo(4);
            gradients(parameters).forEach((name, gradient) -> assertThat(gradient)
                    .as(name)
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(Objects.requireNonNull(expected.get(name))));
        }
    }

    private static float[] floats(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    private static SortedMap<String, float[]> gradients(Parameters parameters) {
        SortedMap<String, float[]> gradients = new TreeMap<>();
        parameters.tensors().forEach((name, tensor) -> {
            gradients.put(name, Parameters.values(tensor.grad()));
            tensor.mutable_grad().reset();
        });
        return gradients;
    }

    /// Neither loss nor divergence, advantages or whitening see how likely a forced token was.
    @Test
    void whatAToolSaidTeachesNothing() throws Exception {
        int[] prompt = {Tiny.BOS, 3, 17};
        int[] tokens = {1, 2, 7, 9, 4, Tiny.EOS};
        boolean[] forced = {false, false, true, true, false, false};
        List<Path> learned = new ArrayList<>();
        for (float odd : new float[] {-0.1f, -30}) {
            float[] behaviour = {-1, -2, odd, odd, -1.5f, -0.5f};
            List<Trajectory> answers = List.of(
                    new Trajectory(prompt, tokens, behaviour, new long[6], forced, 1, true),
                    trajectory(prompt, new int[] {5, Tiny.EOS}, 0));
            Tiny.Notes notes = new Tiny.Notes(Files.createTempDirectory(temp, "run"));

            improve(2, 0, round -> answers, notes);

            Path begin = Objects.requireNonNull(notes.published.get(0L), "the reference");
            Path moved = Objects.requireNonNull(notes.published.get(1L), "weights of the first round");
            Path last = Objects.requireNonNull(notes.published.get(2L), "weights of the second round");
            learned.add(last);
            double drawn = divergence(answers, last, begin, false);
            assertThat(notes.figures).allSatisfy(figures -> assertThat(figures)
                    .containsEntry("answer_tokens", 4.0)
                    .containsEntry("first_ratio", 1.0));
            assertThat(notes.figures)
                    .extracting(figures -> figures.get("kl_nats"))
                    .usingComparatorForType((a, b) -> Math.abs(a - b) < 1e-4 ? 0 : Double.compare(a, b), Double.class)
                    .containsExactly(divergence(answers, moved, begin, false), drawn);
            assertThat(divergence(answers, last, begin, true))
                    .as("with the forced tokens it would be another")
                    .isNotCloseTo(drawn, within(1e-3));
        }

        assertThat(learned.get(0).resolve("model.safetensors"))
                .hasSameBinaryContentAs(learned.get(1).resolve("model.safetensors"));
    }

    /// Nats: Σ π · (ln π − ln π₀).
    private static double divergence(float[] logs, float[] others) {
        double sum = 0;
        for (int v = 0; v < logs.length; v++) {
            sum += Math.exp(logs[v]) * (logs[v] - others[v]);
        }
        return sum;
    }

    /// Nats, of the mean answer.
    ///
    /// @param all whether forced tokens count too
    private static double divergence(List<Trajectory> answers, Path policy, Path reference, boolean all)
            throws IOException {
        try (Checkpoint now = Checkpoint.open(policy);
                Checkpoint before = Checkpoint.open(reference);
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Decoder ours = new Decoder(Parameters.of(now), ScalarType.Float);
            Decoder theirs = new Decoder(Parameters.of(before), ScalarType.Float);
            double sum = 0;
            for (Trajectory answer : answers) {
                for (int i = 0; i < answer.tokens().length; i++) {
                    int[] read = Arrays.copyOf(answer.promptTokens(), answer.promptTokens().length + i);
                    System.arraycopy(answer.tokens(), 0, read, answer.promptTokens().length, i);
                    if (all || !answer.forced()[i]) {
                        sum += divergence(distribution(ours, read), distribution(theirs, read));
                    }
                }
            }
            return sum / answers.size();
        }
    }

    @Test
    void theShortestAnswersCanBeLearnedFrom() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);

        improve(1, 0, round -> List.of(trajectory(new int[] {Tiny.BOS}, new int[] {Tiny.EOS}, 1)), notes);

        assertThat(notes.figures.getFirst()).containsEntry("answer_tokens", 1.0).containsEntry("skipped_steps", 0.0);
    }

    @Test
    void theCriticStartsAtTheNormalisedReward() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(temp.resolve("reward"));
                PointerScope scope = new PointerScope()) {
            Parameters raw = Parameters.of(checkpoint);
            Parameters scaled = raw.copy(raw.config().withReward(0.5, 2));
            Answers answers = Answers.of(List.of(trajectory(new int[] {Tiny.BOS, 17}, new int[] {9, Tiny.EOS}, 0)), 3);

            float[] plain = Parameters.values(answers.values(new Decoder(raw, ScalarType.Float)));
            float[] normalised = Parameters.values(answers.values(new Decoder(scaled, ScalarType.Float)));

            for (int i = 0; i < plain.length; i++) {
                assertThat(normalised[i]).isCloseTo((plain[i] - 0.5f) / 2, within(1e-6f));
            }
        }
    }

    /// Else a run would be over, of which services were away for longer than it may take.
    @Test
    void theTimeWithoutServicesIsNotCounted() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);
        Worker worker = new Worker(notes);
        RoundSource away = new RoundSource() {
            @Override
            public List<Trajectory> next(long round) {
                return worker.next(round);
            }

            @Override
            public Duration outage() {
                return Duration.ofHours(1);
            }
        };

        improve(2, 0, away, notes);

        assertThat(notes.figures).hasSize(2).allSatisfy(figures -> assertThat(figures.get("wait_seconds"))
                .as("an hour less than it took")
                .isBetween(-3600.0, -3000.0));
    }

    @Test
    void theCoefficientFollowsItsTarget() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);

        improve(3, 1e-9, new Worker(notes), notes);

        assertThat(notes.figures)
                .extracting(figures -> figures.get("kl_coefficient"))
                .containsExactly(0.02, 0.02 * 1.2, 0.02 * 1.2 * 1.2);
    }

    @Test
    void anAnswerThatDoesNotEndIsWorthLess() throws Exception {
        Trajectory ended = trajectory(new int[] {Tiny.BOS, 17}, new int[] {9}, 1);
        Trajectory cut =
                new Trajectory(ended.promptTokens(), ended.tokens(), ended.logProbs(), ended.versions(), 1, false);
        List<SortedMap<String, Double>> figures = new ArrayList<>();
        for (Trajectory only : List.of(ended, cut)) {
            Tiny.Notes notes = new Tiny.Notes(Files.createTempDirectory(temp, "run"));
            improve(1, 0, round -> List.of(only, only), notes);
            figures.add(notes.figures.getFirst());
        }

        // all else equal, the critic's error differs by the penalty
        assertThat(figures.get(0).get("finished_share")).isEqualTo(1);
        assertThat(figures.get(1).get("finished_share")).isZero();
        assertThat(figures.get(1).get("value_loss")).isNotCloseTo(figures.get(0).get("value_loss"), within(1e-3));
    }

    @Test
    void aRoundThatDoesNotComeFailsTheRun() {
        Tiny.Notes notes = new Tiny.Notes(temp);

        assertThatExceptionOfType(TrainingFailed.class)
                .isThrownBy(() -> improve(
                        1,
                        0,
                        round -> {
                            throw new TimeoutException("no rollouts within 60 s");
                        },
                        notes))
                .withMessage("round 1: no rollouts within 60 s");
        assertThatExceptionOfType(TrainingFailed.class)
                .isThrownBy(() ->
                        improve(1, 0, round -> List.of(), new Tiny.Notes(Files.createDirectory(temp.resolve("other")))))
                .withMessageContaining("round 1");
    }

    @Test
    void rolloutsOfAnotherTokenizerAreRefused() throws IOException {
        Tiny.Notes notes = new Tiny.Notes(temp);

        assertThatExceptionOfType(TrainingFailed.class)
                .isThrownBy(() ->
                        improve(1, 0, round -> List.of(trajectory(new int[] {0}, new int[] {Tiny.IDS}, 1)), notes))
                .withMessageContaining("tokens[0]");
    }

    private static Trajectory trajectory(int[] prompt, int[] tokens, double reward) {
        float[] logProbs = new float[tokens.length];
        Arrays.fill(logProbs, -1);
        return new Trajectory(prompt, tokens, logProbs, new long[tokens.length], reward, true);
    }
}
