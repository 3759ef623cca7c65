package org.millrace.cli.train;

import org.millrace.proto.events.v1.TrainingJob.State;

/// States of runs in words.
final class JobStates {

    private JobStates() {}

    static String word(State state) {
        return switch (state) {
            case STATE_QUEUED -> "queued";
            case STATE_RUNNING -> "running";
            case STATE_SUCCEEDED -> "succeeded";
            case STATE_FAILED -> "failed";
            case STATE_CANCELLED -> "cancelled";
            case STATE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
        };
    }
}
