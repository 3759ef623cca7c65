package org.millrace.trainer;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/// Where PPO gets its trajectories.
public interface RoundSource {

    /// Waits for what the workers made of one round's prompts. Called after the weights of step
    /// `round − 1` were published; each trajectory is given once.
    ///
    /// @param round from 1
    /// @return at least one; none if the run was cancelled meanwhile
    /// @throws TimeoutException if so little came of the round, and no more will, that it is none
    List<Trajectory> next(long round) throws InterruptedException, TimeoutException;

    /// How long nothing came while the last round was awaited, whole deadlines only: those who make rollouts were
    /// away. It is not training.
    default Duration outage() {
        return Duration.ZERO;
    }

    /// What a later attempt must know to go on with the round after the last one that was given.
    default double[] state() {
        return new double[0];
    }

    /// Goes on from a [#state], before anything else: what was given before it is not given again, and
    /// what came since is.
    default void restore(double[] state) {}
}
