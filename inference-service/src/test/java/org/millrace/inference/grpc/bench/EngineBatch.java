package org.millrace.inference.grpc.bench;

import com.sun.management.OperatingSystemMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.millrace.inference.Drawn;
import org.millrace.inference.Engine;
import org.millrace.inference.Generation;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Sampling;
import org.millrace.inference.grpc.bench.LlamaComparison.Drew;

/// Answers that an engine draws together, timed on its thread.
final class EngineBatch {

    private static final int PATIENCE_MINUTES = 5;

    private final OperatingSystemMXBean processor;
    private final int[][] tokens;
    private final int[] count;
    private final CompletableFuture<Drew> done = new CompletableFuture<>();
    private int begun;
    private int ended;
    private long start;
    private long used;

    private EngineBatch(int answers, int length, OperatingSystemMXBean processor) {
        this.tokens = new int[answers][length];
        this.count = new int[answers];
        this.processor = processor;
    }

    /// @param length tokens of each answer
    static Drew draw(Engine engine, int[][] prompts, int length, OperatingSystemMXBean processor)
            throws InterruptedException {
        var batch = new EngineBatch(prompts.length, length, processor);
        List<Generation> generations = new ArrayList<>();
        for (int answer = 0; answer < prompts.length; answer++) {
            generations.add(new Generation(
                    prompts[answer], new Sampling(0, 0, 1, 1), 1, length, true, List.of(), batch.listener(answer)));
        }
        try {
            if (!engine.submit(generations)) {
                throw new IllegalStateException("the engine is being closed");
            }
            return batch.done.get(PATIENCE_MINUTES, TimeUnit.MINUTES);
        } catch (Overloaded | ExecutionException | TimeoutException e) {
            throw new IllegalStateException("answers: expected %d, got none".formatted(prompts.length), e);
        }
    }

    private Generation.Listener listener(int answer) {
        return new Generation.Listener() {
            @Override
            public void drawn(Drawn drawn) {
                add(answer, drawn.token());
            }

            @Override
            public void failed(Throwable cause) {
                done.completeExceptionally(cause);
            }
        };
    }

    private void add(int answer, int token) {
        tokens[answer][count[answer]] = token;
        count[answer]++;
        if (count[answer] == 1) {
            begun++;
            if (begun == tokens.length) {
                start = System.nanoTime();
                used = processor.getProcessCpuTime();
            }
        }
        if (count[answer] == tokens[answer].length) {
            ended++;
            if (ended == tokens.length) {
                done.complete(new Drew(tokens, System.nanoTime() - start, processor.getProcessCpuTime() - used));
            }
        }
    }
}
