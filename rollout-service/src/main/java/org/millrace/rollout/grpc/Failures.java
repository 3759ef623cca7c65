package org.millrace.rollout.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;
import org.millrace.rollout.CallFailed;
import org.millrace.rollout.CallFailed.Blame;

/// Reads from a gRPC status who is to blame.
final class Failures {

    private Failures() {}

    /// @throws InterruptedException if the call ended because this thread was told to stop
    static CallFailed explain(String server, StatusRuntimeException failure) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while waiting for the " + server);
        }
        Status status = failure.getStatus();
        String description = status.getDescription();
        String detail = "%s: %s%s".formatted(server, status.getCode(), description == null ? "" : ": " + description);
        return new CallFailed(blame(status.getCode(), description), detail, failure);
    }

    static CallFailed malformed(String server, String detail) {
        return new CallFailed(Blame.REQUEST, server + " answered wrongly: " + detail, null);
    }

    /// A model may be published later (NOT_FOUND), and a bug may hit this prompt alone (INTERNAL): such
    /// prompts try again by themselves. A server that refuses everybody, as one that serves the policy in
    /// few bits does (FAILED_PRECONDITION), is away until somebody mends it; whether it is everybody, who
    /// asks cannot know (an answer may be too slow for itself).
    private static Blame blame(Status.Code code, @Nullable String description) {
        return switch (code) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> Blame.PROMPT;
            case NOT_FOUND, INTERNAL, UNKNOWN, DATA_LOSS, ABORTED, ALREADY_EXISTS, OK -> Blame.REQUEST;
            case UNAVAILABLE,
                    DEADLINE_EXCEEDED,
                    CANCELLED,
                    UNIMPLEMENTED,
                    PERMISSION_DENIED,
                    UNAUTHENTICATED,
                    FAILED_PRECONDITION -> Blame.SERVER;
            case RESOURCE_EXHAUSTED -> saysThatItIsBusy(description) ? Blame.BUSY : Blame.REQUEST;
        };
    }

    /// One status has two meanings. A full queue of ours says so; both queues have room for the largest
    /// request when they are empty, so none is refused for ever. A message over a limit is told by gRPC:
    /// in these words by Java, in those by other languages, and by Vert.x without any.
    private static boolean saysThatItIsBusy(@Nullable String description) {
        return description != null
                && !description.contains("message exceeds maximum size")
                && !description.contains("message larger than max");
    }
}
