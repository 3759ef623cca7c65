package org.millrace.inference.grpc.bench;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.millrace.inference.Drawn;
import org.millrace.inference.Engine;
import org.millrace.inference.Generation;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;

/// Milliseconds from a request to its first token, one request after the other. Between an answer and the next request
/// is a pause of random length: who asked again at once would come when a step has just begun, each time, and wait for
/// all of it.
///
/// @param half half of them took at most this
/// @param most of a hundred, 99 took at most this
record FirstTokens(double half, double most) {

    private static final int REQUESTS = 300;
    private static final double LONGEST_PAUSE_MS = 40; // several steps
    private static final int PATIENCE_SECONDS = 60;

    /// Asks for one token, no two times alike.
    @FunctionalInterface
    interface Request {
        /// @return milliseconds until it came
        double ask(long seed) throws InterruptedException;
    }

    static FirstTokens measure(Request request) throws InterruptedException {
        double[] times = new double[REQUESTS];
        var pauses = new SplittableRandom(5);
        for (int i = 0; i < REQUESTS; i++) {
            TimeUnit.NANOSECONDS.sleep((long) (1e6 * pauses.nextDouble(LONGEST_PAUSE_MS)));
            times[i] = request.ask(1_000 + i);
        }
        Arrays.sort(times);
        return new FirstTokens(times[REQUESTS / 2 - 1], times[REQUESTS * 99 / 100 - 1]);
    }

    /// Over gRPC.
    static double ask(PolicyServiceBlockingStub service, GenerateRequest request) {
        long start = System.nanoTime();
        var answer =
                service.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS).generate(request);
        answer.next();
        long end = System.nanoTime();
        answer.forEachRemaining(chunk -> {});
        return (end - start) / 1e6;
    }

    /// Of an engine in this process: what is waited for besides network and callers.
    static double ask(Engine engine, int[] prompt, Sampling sampling) throws InterruptedException {
        var first = new CompletableFuture<Long>();
        var listener = new Generation.Listener() {
            @Override
            public void drawn(Drawn drawn) {
                first.complete(System.nanoTime());
            }

            @Override
            public void failed(Throwable cause) {
                first.completeExceptionally(cause);
            }
        };
        long start = System.nanoTime();
        try {
            if (!engine.submit(new Generation(prompt, sampling, 1, 1, true, List.of(), listener))) {
                throw new IllegalStateException("the engine is being closed");
            }
            return (first.get(PATIENCE_SECONDS, TimeUnit.SECONDS) - start) / 1e6;
        } catch (Overloaded | ExecutionException | TimeoutException e) {
            throw new IllegalStateException("no first token: " + e.getMessage(), e);
        }
    }
}
