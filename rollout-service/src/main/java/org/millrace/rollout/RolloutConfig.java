package org.millrace.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;

/// Settings of a rollout worker. Read once, in the wiring; domain classes take plain values.
@ConfigMapping(prefix = "millrace.rollout")
public interface RolloutConfig {

    /// Unique among workers: names the transactional ids, so that a restarted worker ends the open
    /// transaction of its former life. In Kubernetes the pod name.
    @WithDefault("0")
    String instance();

    /// Prompts in flight per worker, each with a share consumer of its own. 8 prompts of 4 samples keep a
    /// policy with 32 slots busy.
    @WithDefault("8")
    @Min(1)
    @Max(64)
    int concurrency();

    /// How long a prompt is ours unless renewed; we renew at half of it. Brokers allow 15 s to 60 s.
    @WithDefault("PT30S")
    Duration lock();

    /// The delivery at which a prompt that keeps ending its workers becomes a dead letter. The broker
    /// drops a record after 5 (`group.share.delivery.count.limit`): 4 leaves one to write the letter.
    @WithDefault("4")
    @Min(2)
    int deliveries();

    /// Address of the policy: host:port, or any gRPC target.
    @WithDefault("localhost:8107")
    String policy();

    /// Address of the reward service: host:port, or any gRPC target.
    @WithDefault("localhost:8105")
    String reward();

    /// Longest that one Generate may take, waiting in the policy's queue included.
    @WithDefault("PT2M")
    Duration policyDeadline();

    /// Longest that one Score may take. A forward pass is quicker than drawing tokens.
    @WithDefault("PT30S")
    Duration rewardDeadline();

    /// Longest pause between two tries of a server that is away: how late we notice its return.
    @WithDefault("PT2S")
    Duration longestPause();

    /// How long a prompt may ask for a model that the server does not know, or fail in any other way while
    /// the server answers others: models arrive by events, so a name may be known to the asker first. Time
    /// in which the server answers nobody does not count.
    @WithDefault("PT2M")
    Duration patience();

    /// How long prompts in flight may go on after SIGTERM; then they go back to the group.
    @WithDefault("PT15S")
    Duration drain();
}
