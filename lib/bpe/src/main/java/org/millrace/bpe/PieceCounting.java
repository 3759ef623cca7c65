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

    private final BlockingQueue<PieceCounts> idle;
    private final ExecutorService workers;
    private final List<Future<?>> work = new ArrayList<>();
    private List<String> batch = new ArrayList<>();
    private int characters;

    private PieceCounting(BlockingQueue<PieceCounts> idle, ExecutorService workers) {
        this.idle = idle;
        this.workers = workers;
    }

    /// @param documents tells them one after the other, on the calling thread
    static PieceCounts of(BpeTrainer.Documents documents, Splitter splitter, int threads) {
        BlockingQueue<PieceCounts> idle = new ArrayBlockingQueue<>(threads);
        for (int i = 0; i < threads; i++) {
            idle.add(new PieceCounts(splitter));
        }
        List<Future<?>> work;
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            PieceCounting counting = new PieceCounting(idle, workers);
            documents.each(counting::add);
            counting.count();
            work = counting.work;
        }
        work.forEach(PieceCounting::check);
        PieceCounts all = idle.remove();
        idle.forEach(all::add);
        return all;
    }

    private void add(String document) {
        batch.add(document);
        characters += document.length();
        if (characters >= BATCH_CHARACTERS) {
            count();
        }
    }

    private void count() {
        work.add(count(batch, take()));
        batch = new ArrayList<>();
        characters = 0;
    }

    private PieceCounts take() {
        try {
            return idle.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while pieces were counted");
        }
    }

    private Future<?> count(List<String> texts, PieceCounts counts) {
        return workers.submit(() -> {
            try {
                for (String text : texts) {
                    counts.add(Tokenizer.withoutUnpairedSurrogates(text).getBytes(UTF_8));
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
