package org.millrace.trainer.torch;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;
import org.millrace.trainer.Trajectory;

/// Some trajectories as tensors, one a row, and where their drawn tokens are.
///
/// The position that predicts drawn token i is the one before it: `prompt − 1 + i`. The critic's
/// value of the state before token i is read there as well. Forced tokens, which nobody drew, are among the ids that
/// are read, and have no such place: loss, divergence and advantages go over them as if they were not there.
///
/// @param batch rows of all tokens but the last
/// @param positions (N): places among B·T before each drawn token, answer by answer
/// @param drawn (N): the ids
record Answers(Batch batch, Tensor positions, Tensor drawn) {

    /// @param length T of every row, so that all minibatches of a round are computed alike
    static Answers of(List<Trajectory> trajectories, int length) {
        List<Row> rows = trajectories.stream()
                .map(trajectory -> Packing.alone(inputs(trajectory), length))
                .toList();
        int N = trajectories.stream()
                .mapToInt(trajectory -> trajectory.drawn().length)
                .sum();
        long[] positions = new long[N];
        long[] drawn = new long[N];
        int next = 0;
        for (int b = 0; b < trajectories.size(); b++) {
            Trajectory trajectory = trajectories.get(b);
            for (int i : trajectory.drawn()) {
                positions[next] = (long) b * length + trajectory.promptTokens().length - 1 + i;
                drawn[next++] = trajectory.tokens()[i];
            }
        }
        return new Answers(Batch.of(rows), AbstractTensor.create(positions, N), AbstractTensor.create(drawn, N));
    }

    /// Positions a trajectory needs.
    static int length(Trajectory trajectory) {
        return trajectory.promptTokens().length + trajectory.tokens().length - 1;
    }

    private static int[] inputs(Trajectory trajectory) {
        int[] inputs = Arrays.copyOf(trajectory.promptTokens(), length(trajectory));
        System.arraycopy(
                trajectory.tokens(), 0, inputs, trajectory.promptTokens().length, trajectory.tokens().length - 1);
        return inputs;
    }

    /// Log-probabilities of every id at the drawn places, of logits divided by the temperature.
    ///
    /// @return (N, V)
    Tensor distributions(Decoder decoder, double temperature) {
        Tensor logits = decoder.logits(hidden(decoder)); // (N, V)
        return logits.div(new Scalar(temperature)).log_softmax(-1); // (N, V)
    }

    /// Log-probabilities of the drawn ids.
    ///
    /// @param distributions (N, V)
    /// @return (N)
    Tensor logProbs(Tensor distributions) {
        return distributions.gather(1, drawn.unsqueeze(1)).squeeze(1); // (N)
    }

    /// The critic's value before each drawn token, in reward units.
    ///
    /// @return (N)
    Tensor values(Decoder critic) {
        Tensor raw = critic.scores(hidden(critic)); // (N)
        return raw.sub(new Scalar(critic.config().rewardMean()))
                .div(new Scalar(critic.config().rewardDeviation())); // (N)
    }

    private Tensor hidden(Decoder decoder) {
        return decoder.hidden(batch.ids(), batch.mask()).flatten(0, 1).index_select(0, positions); // (N, C)
    }
}
