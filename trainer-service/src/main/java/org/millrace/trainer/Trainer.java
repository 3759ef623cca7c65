package org.millrace.trainer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The four stages. Each call trains one model on the calling thread until its budget is used or
/// the listener cancels, and hands the result to [Listener#publish] before it returns.
///
/// One call at a time: an engine owns all cores. Data that cannot be trained on is refused with
/// [TrainingFailed] before the first step; so is a run whose loss is not finite three times in a
/// row.
public interface Trainer {

    /// Next-token prediction on documents, from random weights.
    ///
    /// @param plan what is asked
    /// @param vocabulary of the tokenizer that made the ids
    /// @param documents to train on; each starts with the id that begins a sequence
    /// @param validation documents that are never trained on; empty: bits per byte is not
    ///     reported
    Outcome pretrain(
            Plan.Pretrain plan,
            Vocabulary vocabulary,
            List<Example> documents,
            List<Example> validation,
            Listener listener)
            throws TrainingFailed, IOException;

    /// What the assistant says in conversations, from a pretrained model.
    ///
    /// @param base directory of the checkpoint to start from
    /// @param conversations by data set, with targets; weights come from the plan
    /// @param validation conversations that are never trained on; may be empty
    /// @param documents mixed in by the plan's `documentWeight`; may be empty if that is 0
    Outcome fineTune(
            Plan.FineTune plan,
            Path base,
            Map<String, List<Example>> conversations,
            List<Example> validation,
            List<Example> documents,
            Listener listener)
            throws TrainingFailed, IOException;

    /// A scalar score that orders answers as people did, from a fine-tuned model.
    ///
    /// @param base directory of the checkpoint whose trunk it starts from
    /// @param comparisons ranked candidates; those with [Comparison#heldOut] are only measured on
    /// @param reference prompts with answers, whole sequences, whose scores get mean 0 and
    ///     deviation 1; empty: the candidates of all comparisons
    Outcome trainReward(
            Plan.TrainReward plan, Path base, List<Comparison> comparisons, List<int[]> reference, Listener listener)
            throws TrainingFailed, IOException;

    /// PPO with a critic, a frozen reference and a KL penalty. Publishes the actor at step 0, so
    /// that workers have something to ask, and after each round.
    ///
    /// @param base directory of the policy to improve, which is the frozen reference as well
    /// @param reward directory of the reward model, whose trunk the critic starts from
    /// @param documents read beside by the plan's `documentCoefficient`; may be empty if that is 0
    /// @param rounds gives what the workers made of the published weights
    Outcome improvePolicy(
            Plan.ImprovePolicy plan,
            Path base,
            Path reward,
            List<Example> documents,
            RoundSource rounds,
            Listener listener)
            throws TrainingFailed, IOException, InterruptedException;
}
