package org.millrace.drain;

import io.grpc.ForwardingServerCall;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sees all calls of a server. Once it has begun, new ones are `UNAVAILABLE`, so that clients ask another server or
/// this one's successor, and those under way go on to their end.
///
/// ```text
///   call ─► begun? ── no ──► counted ─► the service ─► ended, by an answer or by its caller
///              └─── yes ─► UNAVAILABLE
/// ```
public final class Drain implements ServerInterceptor {

    private static final Logger LOGGER = LoggerFactory.getLogger(Drain.class);

    private final Predicate<MethodDescriptor<?, ?>> awaited;
    private final Turnstile turnstile = new Turnstile();

    /// Awaits every call but those of gRPC's own services: streams of reflection and health last as long as
    /// their callers like.
    public Drain() {
        this(method -> !method.getFullMethodName().startsWith("grpc."));
    }

    /// @param awaited whose calls it waits for. Over Vert.x nobody says that the caller of a stream has left: one that
    ///     is not ended for it must not be among them
    public Drain(Predicate<MethodDescriptor<?, ?>> awaited) {
        this.awaited = awaited;
    }

    /// Refuses calls from now on, and waits for those under way; not interruptible.
    ///
    /// @return false, and says so in the log, if some were under way all the time
    public boolean complete(Duration patience) {
        int underWay = turnstile.close(patience);
        if (underWay > 0) {
            LOGGER.error("calls={} are still under way after {}, and will be cut off", underWay, patience);
        }
        return underWay == 0;
    }

    public boolean hasBegun() {
        return turnstile.isClosed();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Optional<Turnstile.Pass> pass = turnstile.enter(awaited.test(call.getMethodDescriptor()));
        if (pass.isEmpty()) {
            return refuse(call);
        }
        var counted = new Counted<>(call, pass.get());
        try {
            return counted.follow(next.startCall(counted, headers));
        } catch (RuntimeException | Error e) {
            pass.get().leave();
            throw e;
        }
    }

    /// Not before the request is here: Vert.x takes no answer while it still begins the call.
    private static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call) {
        call.request(2); // what a unary call asks for: its message, and one too many
        return new ServerCall.Listener<>() {
            @Override
            public void onHalfClose() {
                call.close(
                        Status.UNAVAILABLE.withDescription("the service stops and takes no calls: ask another one"),
                        new Metadata());
            }
        };
    }

    /// A call that is under way until it is answered, or its caller is known to have left.
    private static final class Counted<Q, R> extends ForwardingServerCall.SimpleForwardingServerCall<Q, R> {

        private final Turnstile.Pass pass;

        Counted(ServerCall<Q, R> call, Turnstile.Pass pass) {
            super(call);
            this.pass = pass;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            try {
                super.close(status, trailers);
            } finally { // it fails for a call that the server has ended by itself, as one with too long a message
                pass.leave();
            }
        }

        ServerCall.Listener<Q> follow(ServerCall.Listener<Q> listener) {
            return new ForwardingServerCallListener.SimpleForwardingServerCallListener<>(listener) {
                @Override
                public void onCancel() {
                    pass.leave();
                    super.onCancel();
                }
            };
        }
    }
}
