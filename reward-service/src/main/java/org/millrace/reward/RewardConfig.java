package org.millrace.reward;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.nio.file.Path;

/// Settings of the reward service. Read once, in the wiring; domain classes take plain values.
@ConfigMapping(prefix = "millrace.reward")
public interface RewardConfig {

    /// Name of this replica, for people: nothing depends on it.
    @WithDefault("0")
    String instance();

    /// Root of the artifact store: `file:/…` or `s3://bucket/prefix`.
    URI artifacts();

    /// Local scratch of this instance alone: files of models are put together here.
    Path data();

    /// Cores of one run; 0 means all. Answers are short: one core scores them while others draw.
    @WithDefault("1")
    @Min(0)
    @Max(256)
    int threads();

    /// Sequences that may wait for a model. 1,024 are 16 of the largest requests.
    @WithDefault("1024")
    @Min(64)
    @Max(65536)
    int queue();
}
