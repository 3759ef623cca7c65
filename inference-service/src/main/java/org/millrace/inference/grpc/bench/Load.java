package org.millrace.inference.grpc.bench;

import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceStub;

/// Callers that keep a service busy: each asks again as soon as it is answered, until it is told to stop.
final class Load {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PolicyServiceStub service;
    private final LongFunction<GenerateRequest> requests;
    private final CountDownLatch done;
    private final LongAdder answers = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final AtomicLong longestGap = new AtomicLong();
    private volatile boolean stopping;

    /// @param requests by the number of the caller
    Load(PolicyServiceStub service, int callers, LongFunction<GenerateRequest> requests) {
        this.service = service;
        this.requests = requests;
        this.done = new CountDownLatch(callers);
        for (int i = 1; i <= callers; i++) {
            new Caller(i).ask();
        }
    }

    /// Returns when the last answer has come.
    void stop() throws InterruptedException {
        stopping = true;
        if (!done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("callers: expected all to end, %d have not".formatted(done.getCount()));
        }
    }

    long answers() {
        return answers.sum();
    }

    long failures() {
        return failures.sum();
    }

    /// The longest time between two messages of one answer since it was last taken, or since the start: what stood
    /// still, and the 20 ms at most for which tokens wait for each other.
    Duration takeLongestGap() {
        return Duration.ofNanos(longestGap.getAndSet(0));
    }

    private final class Caller implements StreamObserver<GenerateResponse> {

        private final long number;
        private long last;

        Caller(long number) {
            this.number = number;
        }

        void ask() {
            last = 0;
            service.withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS).generate(requests.apply(number), this);
        }

        @Override
        public void onNext(GenerateResponse chunk) {
            long now = System.nanoTime();
            if (last != 0) {
                longestGap.accumulateAndGet(now - last, Math::max);
            }
            last = now;
        }

        @Override
        public void onError(Throwable cause) {
            failures.increment();
            System.err.println("an answer failed: " + cause.getMessage());
            next();
        }

        @Override
        public void onCompleted() {
            answers.increment();
            next();
        }

        private void next() {
            if (stopping) {
                done.countDown();
            } else {
                ask();
            }
        }
    }
}
