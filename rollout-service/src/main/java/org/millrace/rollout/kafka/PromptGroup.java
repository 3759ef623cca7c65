package org.millrace.rollout.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

/// The share group of all rollout workers, and the settings that the broker keeps for it.
final class PromptGroup {

    static final String NAME = "rollout";

    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private PromptGroup() {}

    /// Must come before the first poll: a group that starts at the end of the log misses the prompts that
    /// were there first. Doing it again, or by several workers at once, changes nothing.
    static void configure(Admin admin, Duration lock) throws InterruptedException {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, NAME);
        Collection<AlterConfigOp> settings = List.of(
                set("share.auto.offset.reset", "earliest"),
                set("share.isolation.level", "read_committed"),
                set("share.record.lock.duration.ms", Long.toString(lock.toMillis())));
        try {
            admin.incrementalAlterConfigs(Map.of(group, settings))
                    .all()
                    .get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker refused the settings of share group " + NAME, e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the broker did not answer within " + DEADLINE, e);
        }
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }
}
