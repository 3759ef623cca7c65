package org.millrace.inference.grpc;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.smallrye.mutiny.Uni;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Unserved;
import org.millrace.inference.Unsuited;

/// Handles calls on virtual threads, one for each: a prompt that takes long to encode holds up no event loop, and a
/// large response no engine. Not by `@RunOnVirtualThread`: with one port for gRPC and HTTP that annotation can deliver
/// the end of a request before the request (Quarkus issue 48940), and the caller then sees INTERNAL.
public final class OwnThread {

    /// What is to be done for a call.
    public interface Task {
        void run() throws Unserved, Overloaded, ExecutionException, InterruptedException;
    }

    /// A response, when there is one.
    public interface Answer<R> {
        /// @throws ExecutionException why a request that was taken has none
        /// @throws CancellationException if nobody waits for it
        R give() throws Unserved, Overloaded, ExecutionException, InterruptedException;
    }

    private static final Logger LOGGER = Logger.getLogger(OwnThread.class);

    private OwnThread() {}

    public static <R> Uni<R> answer(Answer<R> answer) {
        return Uni.createFrom()
                .emitter(out -> run(
                        () -> {
                            R response = answer.give();
                            if (!Departures.hasThisCallerLeft()) {
                                out.complete(response);
                            }
                        },
                        out::fail));
    }

    /// Does it for the call that is being handled, whose span and departure it finds.
    ///
    /// @param fail hears as a status what it throws, unless the caller has gone, who gets no last word: see
    ///     [Departures]
    public static void run(Task task, Consumer<? super Throwable> fail) {
        Runnable told = () -> {
            try {
                task.run();
            } catch (Unserved | Overloaded | ExecutionException | InterruptedException | RuntimeException e) {
                tell(e, fail);
            } catch (Error e) {
                tell(e, fail); // who waits must hear of it all the same
                throw e;
            }
        };
        Thread.ofVirtual()
                .name("answers")
                .start(io.opentelemetry.context.Context.current()
                        .wrap(Context.current().wrap(told)));
    }

    private static void tell(Throwable e, Consumer<? super Throwable> fail) {
        if (!Departures.hasThisCallerLeft()) {
            fail.accept(status(e));
        }
    }

    private static Throwable status(Throwable e) {
        return switch (e) {
            case ExecutionException unanswered ->
                Statuses.unanswered(Objects.requireNonNullElse(unanswered.getCause(), unanswered))
                        .asRuntimeException();
            case CancellationException gone -> Statuses.unanswered(gone).asRuntimeException();
            case Unserved refused -> Statuses.refused(refused).asRuntimeException();
            case Overloaded refused -> Statuses.refused(refused).asRuntimeException();
            case Unsuited refused -> Statuses.refused(refused).asRuntimeException();
            case IllegalArgumentException refused -> Statuses.refused(refused).asRuntimeException();
            case StatusRuntimeException told -> told;
            default -> {
                LOGGER.errorf(e, "a call broke");
                yield Statuses.broken("server", e).asRuntimeException();
            }
        };
    }
}
