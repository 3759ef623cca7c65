package org.millrace.inference.grpc.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;

/// Milliseconds from a request over gRPC to its first token, one request after the other.
///
/// @param half half of them took at most this
/// @param most of a hundred, 99 took at most this
record FirstTokens(double half, double most) {

    private static final int REQUESTS = 100;

    /// @param requests by their number, no two alike
    static FirstTokens measure(PolicyServiceBlockingStub service, LongFunction<GenerateRequest> requests) {
        double[] times = new double[REQUESTS];
        for (int i = 0; i < REQUESTS; i++) {
            GenerateRequest request = requests.apply(1_000 + i);
            long start = System.nanoTime();
            var answer = service.withDeadlineAfter(60, TimeUnit.SECONDS).generate(request);
            answer.next();
            times[i] = (System.nanoTime() - start) / 1e6;
            answer.forEachRemaining(chunk -> {});
        }
        Arrays.sort(times);
        return new FirstTokens(times[REQUESTS / 2 - 1], times[REQUESTS * 99 / 100 - 1]);
    }
}
