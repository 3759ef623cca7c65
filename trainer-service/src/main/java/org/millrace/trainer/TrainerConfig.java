package org.millrace.trainer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/// Settings of the trainer. Read once, in the wiring; what a run trains, and how, stands in its plan.
@ConfigMapping(prefix = "millrace.trainer")
public interface TrainerConfig {

    /// Root of the artifact store: `file:…` or `s3://bucket/prefix`.
    URI artifacts();

    /// Directory of this trainer alone: what the run in hand works with, and the cache. May be lost
    /// at any time; what a killed trainer left is removed by the next.
    Path data();

    /// Which trainer this is. Two of the same name on one log fence each other: the later one wins.
    @WithDefault("0")
    @Pattern(regexp = "[a-z0-9-]{1,32}")
    String instance();

    /// Threads that libtorch computes on; 0: all processors. Fewer leave room for the other services of a
    /// laptop.
    @WithDefault("0")
    @Min(0)
    @Max(1_024)
    int threads();

    /// Runs that may wait; one more is refused. A queue that long is a mistake in a script.
    @WithDefault("100")
    @Min(1)
    @Max(10_000)
    int maximumQueued();

    /// How often a run keeps its state, at `data`, to go on from it after a stop or a kill; PPO between
    /// rounds. What was done since is done again; the time that keeping takes is not the run's.
    @WithDefault("PT30S")
    Duration stateInterval();

    /// How long a reward run waits for the rankings it asked for. People rank over a coffee.
    @WithDefault("PT30M")
    Duration rankingsDeadline();

    /// How long PPO waits for the next rollout of a round. Long enough for a server to restart; then the
    /// round goes on with what is there if that is half of it, and else waits on and says so in the log.
    /// After a sixtieth of it the run tells what it waits for.
    @WithDefault("PT10M")
    Duration roundDeadline();

    /// How long one answer of the broker may take before the trainer gives up and is started afresh.
    @WithDefault("PT60S")
    Duration brokerDeadline();
}
