package org.millrace.inference.grpc;

import io.grpc.Status;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.NotFinite;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Stopped;
import org.millrace.inference.Unserved;
import org.millrace.inference.Unsuited;

/// Why a request has no answer, as gRPC says it.
public final class Statuses {

    /// Characters of a description. It travels in the trailers, which are limited to 8 KiB with all that is in them,
    /// and there one character takes up to nine bytes.
    private static final int LONGEST = 800;

    private Statuses() {}

    /// Why a request that was taken has no answer.
    public static Status unanswered(Throwable cause) {
        return switch (cause) {
            case Stopped stopped -> described(Status.UNAVAILABLE, stopped.getMessage());
            case CancellationException left -> Status.CANCELLED.withDescription("the caller has gone");
            case NotFinite numbers -> described(Status.INTERNAL, numbers.getMessage());
            default -> broken("engine", cause);
        };
    }

    /// A mistake of ours.
    ///
    /// @param part of the service that made it
    static Status broken(String part, Throwable cause) {
        return described(Status.INTERNAL, "the %s broke: %s".formatted(part, cause.getMessage()))
                .withCause(cause);
    }

    /// Why a request was not taken.
    public static Status refused(Exception e) {
        return refused(e, String.valueOf(e.getMessage()));
    }

    /// The same in other words.
    public static Status refused(Exception e, String description) {
        return described(
                switch (e) {
                    case Unserved unserved ->
                        switch (unserved.reason()) {
                            case NOT_YET, BROKEN, DRAINING -> Status.UNAVAILABLE;
                            case UNKNOWN -> Status.NOT_FOUND;
                        };
                    case Overloaded overloaded -> Status.RESOURCE_EXHAUSTED;
                    case Unsuited unsuited -> Status.FAILED_PRECONDITION;
                    default -> Status.INVALID_ARGUMENT;
                },
                description);
    }

    private static Status described(Status status, @Nullable String description) {
        return status.withDescription(
                description == null || description.length() <= LONGEST
                        ? description
                        : description.substring(0, LONGEST) + "…");
    }
}
