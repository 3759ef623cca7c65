package org.millrace.trainer;

import org.millrace.checkpoint.ModelConfig;

/// Everything that follows from the dial `depth`, and the defaults of the stages. One file, so
/// that a number has one place; the reasons are measurements in `docs/log.md`.
public final class Scaling {

    /// Tokens in a row: several short conversations, about half a page.
    public static final int CONTEXT = 128;

    /// Rows in a batch of pretraining. At the same rate and the same tokens, twice the steps of
    /// half the size answered more; 16 rows at twice the rate did about as well.
    public static final int ROWS_PER_STEP = 8;

    /// Rows in a batch of fine-tuning, those of documents included.
    public static final int FINE_TUNE_ROWS = 16;

    /// Times that bits per byte is measured within a run, besides its end.
    public static final int EVALUATIONS = 3;

    /// Pretraining warms up shortly and decays over a long end.
    public static final Schedule PRETRAIN_SCHEDULE = new Schedule(0.02, 0.5, 0.02);

    /// Fine-tuning decays to nothing.
    public static final Schedule FINE_TUNE_SCHEDULE = new Schedule(0.05, 0.6, 0);

    /// Comparisons in a batch of reward training.
    public static final int PROMPTS_PER_STEP = 8;

    /// Epochs without a better loss on the selection part before reward training stops.
    public static final int REWARD_PATIENCE = 3;

    /// Reward training decays to nothing.
    public static final Schedule REWARD_SCHEDULE = new Schedule(0.05, 0.6, 0);

    /// Passes over a round's trajectories.
    public static final int POLICY_EPOCHS = 2;

    /// Minibatches of a pass.
    public static final int MINIBATCHES = 4;

    /// Rows of documents beside a minibatch, where a plan asks for them.
    public static final int REHEARSAL_ROWS = 4;

    /// β of the KL penalty, reward units a nat.
    public static final double KL_COEFFICIENT = 0.05;

    /// The actor of PPO warms up: Adam's first steps have the full rate in every weight that has a
    /// gradient at all, and the critic has learned nothing yet (`docs/log.md`).
    public static final Schedule ACTOR_SCHEDULE = new Schedule(0.2, 0.5, 0.1);

    /// The critic of PPO is in a hurry.
    public static final Schedule CRITIC_SCHEDULE = new Schedule(0, 0.5, 0.1);

    /// Divergence from the policy that a round began with, nats a token, at which the actor rests
    /// until the next round.
    ///
    /// - **Source:** Huang et al. 2022, The 37 Implementation Details of PPO, ICLR blog track:
    ///   early stopping of the policy optimisation.
    public static final double ROUND_DIVERGENCE = 0.02;

    /// To which the norm of all gradients is clipped.
    public static final double MAX_NORM = 1;

    /// Of AdamW at the reference width and batch.
    private static final double LEARNING_RATE = 1e-3;

    private static final double MUON_RATE = 0.02;
    private static final double WEIGHT_DECAY = 0.1;
    private static final int REFERENCE_WIDTH = 256;
    private static final int REFERENCE_TOKENS = 1_024;

    /// Muon may add this share to a step.
    private static final double MUON_SHARE = 0.1;

    /// Of what a step keeps for its backward pass.
    private static final long ACTIVATION_BYTES = 1_536L << 20;

    private static final double FINE_TUNE_SCALE = 0.8;
    private static final double REWARD_SCALE = 0.3;
    private static final double POLICY_SCALE = 0.05;
    private static final double CRITIC_SCALE = 0.2;

    private Scaling() {}

    /// AdamW's rate: `10⁻³ · √(256 / C) · √(tokens a step / 1,024)`: wider layers add up more
    /// changes, larger batches have less noise.
    static double rate(int width, int tokensPerStep) {
        return LEARNING_RATE
                * Math.sqrt((double) REFERENCE_WIDTH / width)
                * Math.sqrt((double) tokensPerStep / REFERENCE_TOKENS);
    }

    /// Whether Muon pays: `5 · C / tokens a step ≤ 0.1`.
    ///
    /// Its five iterations cost about 30·C³ multiplications a square matrix, forward and backward
    /// of N tokens 6·N·C²: the ratio is 5·C/N. One interrupted run had it ahead by about a
    /// seventh of the steps (`docs/log.md`), so it is used where it costs less than that: with
    /// large batches, where it has not been measured yet. The demo's 8 rows of 128 tokens are far
    /// off.
    static boolean muonPays(int width, int tokensPerStep) {
        return 5.0 * width / tokensPerStep <= MUON_SHARE;
    }

    /// Rows that go through the model at once; more of them are a step in parts, whose gradients add
    /// up: as many as fit 1.5 GiB at `L · (70 · C + 4 · H · T) + 4 · V` bytes a position.
    ///
    /// 70 · C is what a block keeps in fp32 and bf16 with F = 8/3 · C, 4 · H · T the attention's
    /// shares, 4 · V the logits and their gradient in bf16. At L6 C384 H6 T256 V8192 it says 231 KB;
    /// a step took about 290 KB more than the process before it (`docs/log.md`). Where blocks are run again
    /// in the backward pass, only one of them keeps that, and of the others 4 · C stays.
    public static int rowsAtOnce(Descent asked, ModelConfig config, int rowsPerStep) {
        if (asked.rowsAtOnce() > 0) {
            return Math.min(asked.rowsAtOnce(), rowsPerStep);
        }
        long context = config.context();
        long block = 70L * config.width() + 4L * config.heads() * context;
        long blocks = asked.recompute() ? config.layers() * 4L * config.width() + block : config.layers() * block;
        long position = blocks + 4L * config.vocabulary();
        return (int) Math.clamp(ACTIVATION_BYTES / (position * context), 1, rowsPerStep);
    }

    /// The schedule of a run: [#PRETRAIN_SCHEDULE], [#FINE_TUNE_SCHEDULE], [#REWARD_SCHEDULE] or, for the
    /// policy of PPO, [#ACTOR_SCHEDULE], but for what is asked.
    public static Schedule schedule(Plan plan) {
        return plan.descent()
                .over(
                        switch (plan) {
                            case Plan.Pretrain _ -> PRETRAIN_SCHEDULE;
                            case Plan.FineTune _ -> FINE_TUNE_SCHEDULE;
                            case Plan.TrainReward _ -> REWARD_SCHEDULE;
                            case Plan.ImprovePolicy _ -> ACTOR_SCHEDULE;
                        });
    }

    /// Times that bits per byte is measured within a run, besides its end.
    public static int evaluations(Descent asked) {
        return asked.evaluations() == null ? EVALUATIONS : asked.evaluations();
    }

    /// Rates of pretraining: of the matrices 0.02 for Muon, else [#rate] as of all else.
    public static Rates pretrainRates(Plan.Pretrain plan, ModelConfig config, int rowsPerStep) {
        return pretrainRates(plan.learningRate(), plan.descent(), config, rowsPerStep);
    }

    /// Rates of pretraining, all derived.
    public static Rates pretrainRates(ModelConfig config, int rowsPerStep) {
        return pretrainRates(0, Descent.DERIVED, config, rowsPerStep);
    }

    private static Rates pretrainRates(double rateAsked, Descent asked, ModelConfig config, int rowsPerStep) {
        int tokens = rowsPerStep * config.context();
        double adam = rate(config.width(), tokens);
        if (asked.muon(muonPays(config.width(), tokens))) {
            return asked.over(new Rates(rateAsked > 0 ? rateAsked : MUON_RATE, adam, WEIGHT_DECAY, true));
        }
        double rate = rateAsked > 0 ? rateAsked : adam; // one optimizer, one rate
        return asked.over(new Rates(rate, rate, WEIGHT_DECAY, false));
    }

    /// Rates of fine-tuning, a little under those of pretraining: `0.8 · rate(C, 1,024)`, without decay.
    public static Rates fineTuneRates(Plan.FineTune plan, ModelConfig config) {
        return later(plan.learningRateScale(), FINE_TUNE_SCALE, 0, plan.descent(), config);
    }

    /// Rates of reward training: `0.3 · rate(C, 1,024)`, with a decay of 0.01.
    public static Rates rewardRates(Plan.TrainReward plan, ModelConfig config) {
        return later(plan.learningRateScale(), REWARD_SCALE, 0.01, plan.descent(), config);
    }

    /// Rates of the policy under PPO: `0.05 · rate(C, 1,024)`, without decay.
    public static Rates actorRates(Plan.ImprovePolicy plan, ModelConfig config) {
        return later(plan.learningRateScale(), POLICY_SCALE, 0, plan.descent(), config);
    }

    /// Rates of the critic under PPO: four times the policy's, for it must follow the policy.
    public static Rates criticRates(Plan.ImprovePolicy plan, ModelConfig config) {
        return actorRates(plan, config).scaled(CRITIC_SCALE / POLICY_SCALE);
    }

    /// Rates of a stage that goes on with a model: a scale on AdamW's, or on Muon's where that is asked for.
    private static Rates later(double scaleAsked, double scale, double decay, Descent asked, ModelConfig config) {
        double factor = scaleAsked > 0 ? scaleAsked : scale;
        double rate = rate(config.width(), REFERENCE_TOKENS) * factor;
        boolean muon = asked.muon(false);
        return asked.over(new Rates(muon ? MUON_RATE * factor : rate, rate, decay, muon));
    }

    /// The model of a depth, as [ModelConfig#ofDepth] derives it.
    public static ModelConfig model(Plan.Pretrain plan, Vocabulary vocabulary) {
        return ModelConfig.ofDepth(
                plan.depth(),
                plan.shape(),
                plan.context() > 0 ? plan.context() : CONTEXT,
                vocabulary.size(),
                vocabulary.bosId(),
                vocabulary.eosId());
    }
}
