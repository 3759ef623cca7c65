package org.millrace.rollout.kafka;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Ready while every lane runs. A policy that is away is not our illness: prompts wait for it here.
@Readiness
class WorkingCheck implements HealthCheck {

    private final RolloutRunner runner;

    WorkingCheck(RolloutRunner runner) {
        this.runner = runner;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("lanes")
                .status(runner.isWorking())
                .withData("waiting_for_servers", runner.isWaitingForServers())
                .build();
    }
}
