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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
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
    private static final Duration CHECK = Duration.ofMillis(5);

    private final Predicate<MethodDescriptor<?, ?>> awaited;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean begun;

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
        begun = true;
        long end = System.nanoTime() + patience.toNanos();
        while (underWay.get() > 0) {
            if (System.nanoTime() - end > 0) {
                LOGGER.error("calls={} are still under way after {}, and will be cut off", underWay.get(), patience);
                return false;
            }
            LockSupport.parkNanos(CHECK.toNanos());
        }
        return true;
    }

    public boolean hasBegun() {
        return begun;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var counted = new Counted<>(call, awaited.test(call.getMethodDescriptor()));
        if (begun) { // read after the call was counted: complete() waits for it, or it is refused
            return counted.refuse();
        }
        try {
            return counted.follow(next.startCall(counted, headers));
        } catch (RuntimeException e) {
            counted.end();
            throw e;
        }
    }

    /// A call that is under way until it is answered, or its caller is known to have left.
    private final class Counted<Q, R> extends ForwardingServerCall.SimpleForwardingServerCall<Q, R> {

        private final AtomicBoolean counts;

        Counted(ServerCall<Q, R> call, boolean counts) {
            super(call);
            this.counts = new AtomicBoolean(counts);
            if (counts) {
                underWay.incrementAndGet();
            }
        }

        void end() {
            if (counts.compareAndSet(true, false)) {
                underWay.decrementAndGet();
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            try {
                super.close(status, trailers);
            } finally { // it fails for a call that the server has ended by itself, as one with too long a message
                end();
            }
        }

        /// Not before the request is here: Vert.x takes no answer while it still begins the call.
        ServerCall.Listener<Q> refuse() {
            end();
            request(2); // what a unary call asks for: its message, and one too many
            return new ServerCall.Listener<>() {
                @Override
                public void onHalfClose() {
                    close(
                            Status.UNAVAILABLE.withDescription("the service stops and takes no calls: ask another one"),
                            new Metadata());
                }
            };
        }

        ServerCall.Listener<Q> follow(ServerCall.Listener<Q> listener) {
            return new ForwardingServerCallListener.SimpleForwardingServerCallListener<>(listener) {
                @Override
                public void onCancel() {
                    end();
                    super.onCancel();
                }
            };
        }
    }
}
