package org.millrace.trainer;

/// How much better each drawn token turned out than the critic expected.
public final class Advantages {

    private static final double WHITENING_EPSILON = 1e-8;

    private Advantages() {}

    /// Generalised advantage estimation over one answer, backwards: `δ_t = r_t + γ·V_{t+1} −
    /// V_t`, `A_t = δ_t + γλ·A_{t+1}`.
    ///
    /// - **Shapes:** `rewards`, `values` and result (T): one a drawn token. V_T, the value after
    ///   the last token, is 0: the answer is over, whether it ended itself or was cut.
    /// - **Units:** reward units.
    /// - **Error:** `T·2⁻⁵⁰` of the sum of magnitudes; all in `double`.
    /// - **Source:** Schulman et al. 2016, arXiv:1506.02438.
    ///
    /// The critic's target is `A_t + V_t`, before whitening.
    ///
    /// @param rewards finite
    /// @param values V_0 to V_{T−1}, same length
    /// @param discount γ, 0 to 1
    /// @param lambda λ, 0 to 1: 1 is return minus value, 0 the one-step error
    public static double[] generalised(double[] rewards, double[] values, double discount, double lambda) {
        if (rewards.length != values.length) {
            throw new IllegalArgumentException(
                    "values: expected %d, one a reward, got %d".formatted(rewards.length, values.length));
        }
        double[] advantages = new double[rewards.length];
        double next = 0;
        double valueAfter = 0;
        for (int t = rewards.length - 1; t >= 0; t--) {
            double error = rewards[t] + discount * valueAfter - values[t];
            next = error + discount * lambda * next;
            advantages[t] = next;
            valueAfter = values[t];
        }
        return advantages;
    }

    /// Reward of each token of one answer: `−β·(logπ_t − logπref_t)`, and the answer's reward on
    /// the last.
    ///
    /// The penalty is the k1 estimate of the divergence; put into the reward its gradient is that
    /// of the reverse divergence. It is on drawn tokens only: nothing is penalised after the stop
    /// token.
    ///
    /// @param logProbs of the policy that is improved, nats, T
    /// @param referenceLogProbs of the frozen one, nats, T
    /// @param reward of the whole answer
    /// @param coefficient β, at least 0
    public static double[] penalised(float[] logProbs, float[] referenceLogProbs, double reward, double coefficient) {
        double[] rewards = new double[logProbs.length];
        for (int t = 0; t < rewards.length; t++) {
            rewards[t] = -coefficient * ((double) logProbs[t] - referenceLogProbs[t]);
        }
        rewards[rewards.length - 1] += reward;
        return rewards;
    }

    /// Mean 0 and variance 1 over all tokens of all answers: `(A − mean) / √(variance + 10⁻⁸)`,
    /// in place. The variance is the biased one.
    ///
    /// @param advantages one array an answer; at least one token
    /// @return the standard deviation that they had, in reward units
    public static double whiten(double[][] advantages) {
        double sum = 0;
        long count = 0;
        for (double[] answer : advantages) {
            for (double advantage : answer) {
                sum += advantage;
            }
            count += answer.length;
        }
        double mean = sum / count;
        double squares = 0;
        for (double[] answer : advantages) {
            for (double advantage : answer) {
                squares += (advantage - mean) * (advantage - mean);
            }
        }
        double deviation = Math.sqrt(squares / count + WHITENING_EPSILON);
        double scale = 1 / deviation;
        for (double[] answer : advantages) {
            for (int t = 0; t < answer.length; t++) {
                answer[t] = (answer[t] - mean) * scale;
            }
        }
        return deviation;
    }
}
