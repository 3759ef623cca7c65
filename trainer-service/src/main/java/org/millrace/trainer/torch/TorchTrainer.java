package org.millrace.trainer.torch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.Example;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.RoundSource;
import org.millrace.trainer.Trainer;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Vocabulary;

/// The stages on libtorch, on the CPU.
///
/// Matrix products of pretraining, fine-tuning and reward training are bf16 (twice as fast,
/// `docs/log.md`), with fp32 weights. Of PPO, the critic and the reading of documents are bf16
/// too; the policy's log-probabilities are fp32, as they must agree with those of the server that
/// drew the tokens.
///
/// The process environment decides the speed: `OMP_WAIT_POLICY=PASSIVE` and the `MALLOC_…`
/// settings of the entry script.
public final class TorchTrainer implements Trainer {

    private static final ScalarType FAST = ScalarType.BFloat16;
    private static final ScalarType EXACT = ScalarType.Float;

    private final Ranks ranks;
    private final ScalarType fast;

    /// @param threads that libtorch computes on; 0: all processors
    public TorchTrainer(int threads) {
        this(threads, new Alone(), false);
    }

    /// @param ranks that pretrain and fine-tune together; the other stages are one process's
    /// @param exact fp32 in all matrix products: half as fast, and sums differ by their order alone
    public TorchTrainer(int threads, Ranks ranks, boolean exact) {
        this.ranks = ranks;
        this.fast = exact ? EXACT : FAST;
        if (threads < 0) {
            throw new IllegalArgumentException("threads: expected at least 0, got " + threads);
        }
        torch.set_num_threads(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    }

    @Override
    public Outcome pretrain(
            Plan.Pretrain plan,
            Vocabulary vocabulary,
            List<Example> documents,
            List<Example> validation,
            Listener listener)
            throws TrainingFailed, IOException {
        return new Pretraining(fast, ranks).run(plan, vocabulary, documents, validation, listener);
    }

    @Override
    public Outcome fineTune(
            Plan.FineTune plan,
            Path base,
            Map<String, List<Example>> conversations,
            List<Example> validation,
            List<Example> documents,
            Listener listener)
            throws TrainingFailed, IOException {
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            return new FineTuning(fast, ranks).run(plan, checkpoint, conversations, validation, documents, listener);
        }
    }

    @Override
    public Outcome trainReward(
            Plan.TrainReward plan, Path base, List<Comparison> comparisons, List<int[]> reference, Listener listener)
            throws TrainingFailed, IOException {
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            return new RewardTraining(fast).run(plan, checkpoint, comparisons, reference, listener);
        }
    }

    @Override
    public Outcome improvePolicy(
            Plan.ImprovePolicy plan,
            Path base,
            Path reward,
            List<Example> documents,
            RoundSource rounds,
            Listener listener)
            throws TrainingFailed, IOException, InterruptedException {
        try (Checkpoint policy = Checkpoint.open(base);
                Checkpoint scorer = Checkpoint.open(reward)) {
            return new PolicyImprovement(EXACT, fast).run(plan, policy, scorer, documents, rounds, listener);
        }
    }
}
