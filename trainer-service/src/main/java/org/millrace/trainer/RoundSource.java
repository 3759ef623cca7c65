package org.millrace.trainer;

import java.util.List;
import java.util.concurrent.TimeoutException;

/// Where PPO gets its trajectories.
public interface RoundSource {

    /// Waits for what the workers made of one round's prompts. Called after the weights of step
    /// `round − 1` were published; each trajectory is given once.
    ///
    /// @param round from 1
    /// @return at least one
    /// @throws TimeoutException if the round was not there by the deadline of the source
    List<Trajectory> next(long round) throws InterruptedException, TimeoutException;
}
