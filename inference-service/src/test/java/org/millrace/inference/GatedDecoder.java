package org.millrace.inference;

import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A decoder that takes a step only when a test lets it, and likes all tokens equally well.
public final class GatedDecoder implements Decoder {

    private final Semaphore steps = new Semaphore(0);
    private final int vocabulary;
    private final AtomicInteger extensions = new AtomicInteger();
    private final CountDownLatch reading = new CountDownLatch(1);
    private volatile boolean readsWhenAllowed;
    private volatile boolean closed;
    private volatile boolean broken;

    public GatedDecoder(int vocabulary) {
        this.vocabulary = vocabulary;
    }

    public void allow(int count) {
        steps.release(count);
    }

    /// Prompts are read as steps are taken: when allowed.
    void holdReading() {
        readsWhenAllowed = true;
    }

    /// Returns once prompts are being read.
    void awaitReading() throws InterruptedException {
        if (!reading.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("nothing was read");
        }
    }

    /// The next step throws.
    public void breakDown() {
        broken = true;
        steps.release();
    }

    /// Pieces of scorings that were fed.
    int extensions() {
        return extensions.get();
    }

    /// Whether it stands before a step that nobody has let it take.
    public boolean isWaiting() {
        return steps.hasQueuedThreads();
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public FloatBuffer read(int first, int[][] prompts) {
        reading.countDown();
        if (readsWhenAllowed) {
            awaitPermission();
        }
        return FloatBuffer.allocate(prompts.length * vocabulary);
    }

    @Override
    public FloatBuffer step(int rows, int[] tokens, int[] before) {
        awaitPermission();
        if (broken) {
            throw new IllegalStateException("out of order");
        }
        return FloatBuffer.allocate(rows * vocabulary);
    }

    private void awaitPermission() {
        try {
            if (!steps.tryAcquire(Duration.ofSeconds(30).toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("no test allowed this step");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
        extensions.incrementAndGet();
        return FloatBuffer.allocate(wanted * vocabulary);
    }

    @Override
    public void copy(int from, int to, int length) {
        // All rows are alike.
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        // All rows are alike.
    }

    @Override
    public void close() {
        closed = true;
    }
}
