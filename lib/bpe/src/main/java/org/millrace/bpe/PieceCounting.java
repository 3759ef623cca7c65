package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Counts the pieces of many documents, on several threads. The sums depend on none of that.
final class PieceCounting {

    private static final int BATCH_CHARACTERS = 1 << 19;

    private PieceCounting() {}

    /// @param documents gone through once, by the calling thread
    static PieceCounts of(Iterable<String> documents, Splitter splitter, int threads) {
        BlockingQueue<PieceCounts> idle = new ArrayBlockingQueue<>(threads);
        for (int i = 0; i < threads; i++) {
            idle.add(new PieceCounts(splitter));
        }
        List<Future<?>> work = new ArrayList<>();
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            List<String> batch = new ArrayList<>();
            int characters = 0;
            for (String document : documents) {
                batch.add(document);
                characters += document.length();
                if (characters >= BATCH_CHARACTERS) {
                    work.add(count(batch, idle, workers));
                    batch = new ArrayList<>();
                    characters = 0;
                }
            }
            work.add(count(batch, idle, workers));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while pieces were counted");
        }
        work.forEach(PieceCounting::check);
        PieceCounts all = idle.remove();
        idle.forEach(all::add);
        return all;
    }

    private static Future<?> count(List<String> batch, BlockingQueue<PieceCounts> idle, ExecutorService workers)
            throws InterruptedException {
        PieceCounts counts = idle.take();
        return workers.submit(() -> {
            try {
                for (String document : batch) {
                    counts.add(Tokenizer.withoutUnpairedSurrogates(document).getBytes(UTF_8));
                }
            } finally {
                idle.add(counts);
            }
        });
    }

    private static void check(Future<?> work) {
        try {
            work.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("pieces could not be counted", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while pieces were counted");
        }
    }
}
