package org.millrace.inference.grpc.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.millrace.inference.Drawn;
import org.millrace.inference.Engine;
import org.millrace.inference.Generation;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Sampling;

/// What a long prompt costs until all its answers have begun, in an engine that does nothing else.
///
/// @param tokens of the prompt
/// @param milliseconds until its first token, read anew
/// @param ofEight until each of 8 answers has its first token / the same for one answer
/// @param ofSecondTurn until the first token behind the same prompt and 16 tokens more / read anew
record PrefixCost(int tokens, double milliseconds, double ofEight, double ofSecondTurn) {

    private static final int PROMPT = 512;
    private static final int MORE = 16;
    private static final int TIMES = 9;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// @param vocabulary ids of text are below it
    static PrefixCost measure(Engine engine, int context, int vocabulary) throws InterruptedException {
        int length = Math.min(PROMPT, context - 2 * MORE);
        double[] one = new double[TIMES];
        double[] eight = new double[TIMES];
        double[] second = new double[TIMES];
        for (int i = -1; i < TIMES; i++) { // once to warm up
            int at = Math.max(i, 0);
            int[] prompt = prompt(2L * i, length, vocabulary);
            one[at] = time(engine, prompt, 1);
            eight[at] = time(engine, prompt(2L * i + 1, length, vocabulary), 8);
            second[at] = time(
                    engine,
                    IntStream.concat(IntStream.of(prompt), IntStream.of(prompt(i, MORE, vocabulary)))
                            .toArray(),
                    1);
        }
        double alone = median(one);
        return new PrefixCost(length, alone, median(eight) / alone, median(second) / alone);
    }

    private static int[] prompt(long seed, int length, int vocabulary) {
        return new SplittableRandom(seed).ints(length, 0, vocabulary).toArray();
    }

    private static double time(Engine engine, int[] prompt, int samples) throws InterruptedException {
        var begun = new CountDownLatch(samples);
        var broken = new AtomicReference<Throwable>();
        var listener = new Generation.Listener() {
            @Override
            public void drawn(Drawn drawn) {
                begun.countDown();
            }

            @Override
            public void failed(Throwable cause) {
                broken.set(cause);
            }
        };
        long start = System.nanoTime();
        try {
            if (!engine.submit(
                    new Generation(prompt, new Sampling(1, 0, 1, 1), samples, 1, true, List.of(), listener))) {
                throw new IllegalStateException("the engine is being closed");
            }
        } catch (Overloaded e) {
            throw new IllegalStateException(e);
        }
        if (!begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("no token within " + PATIENCE, broken.get());
        }
        return (System.nanoTime() - start) / 1e6;
    }

    private static double median(double[] times) {
        Arrays.sort(times);
        return times[times.length / 2];
    }
}
