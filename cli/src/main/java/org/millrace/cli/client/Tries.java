package org.millrace.cli.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A call that is made again while its failure is one that passes: a server that starts, is busy, or has
/// not heard of the model yet.
final class Tries {

    private static final int MOST = 8;

    private Tries() {}

    interface Call<A> {
        A make() throws InterruptedException;
    }

    static <A> A of(Call<A> call) throws InterruptedException {
        return of(call, failure -> true);
    }

    /// @param again whether a failure that passes may be followed by another try
    static <A> A of(Call<A> call, Predicate<Status> again) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.make();
            } catch (StatusRuntimeException e) {
                if (attempt == MOST || !passes(e) || !again.test(e.getStatus())) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(50L << attempt);
            }
        }
    }

    static boolean passes(StatusRuntimeException e) {
        Status status = e.getStatus();
        return switch (status.getCode()) {
            case UNAVAILABLE, NOT_FOUND -> true;
            case RESOURCE_EXHAUSTED -> status.getDescription() != null; // Vert.x says nothing of what is too large
            default -> false;
        };
    }
}
