package org.millrace.inference.grpc;

import io.grpc.Status;
import java.util.concurrent.CancellationException;
import org.millrace.inference.NotFinite;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Stopped;
import org.millrace.inference.Unserved;
import org.millrace.inference.Unsuited;

/// Why a request has no answer, as gRPC says it.
public final class Statuses {

    private Statuses() {}

    /// Why a request that was taken has no answer.
    public static Status unanswered(Throwable cause) {
        return switch (cause) {
            case Stopped stopped -> Status.UNAVAILABLE.withDescription(stopped.getMessage());
            case CancellationException left -> Status.CANCELLED.withDescription("the caller has gone");
            case NotFinite numbers -> Status.INTERNAL.withDescription(numbers.getMessage());
            default ->
                Status.INTERNAL
                        .withDescription("the engine broke: " + cause.getMessage())
                        .withCause(cause);
        };
    }

    /// Why a request was not taken.
    public static Status refused(Exception e) {
        Status status =
                switch (e) {
                    case Unserved unserved ->
                        switch (unserved.reason()) {
                            case NOT_YET, BROKEN, DRAINING -> Status.UNAVAILABLE;
                            case UNKNOWN -> Status.NOT_FOUND;
                        };
                    case Overloaded overloaded -> Status.RESOURCE_EXHAUSTED;
                    case Unsuited unsuited -> Status.FAILED_PRECONDITION;
                    default -> Status.INVALID_ARGUMENT;
                };
        return status.withDescription(e.getMessage());
    }
}
