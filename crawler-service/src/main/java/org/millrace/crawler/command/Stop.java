package org.millrace.crawler.command;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Lets Ctrl-C, or whoever ends the process, wait until what was fetched is written.
final class Stop implements AutoCloseable {

    /// Then the process ends whatever is still to be written; the next run repairs it.
    private static final long PATIENCE_SECONDS = 20;

    private final CountDownLatch wanted = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = Thread.ofPlatform().unstarted(this::stop);

    Stop() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Waits; true if an end is wanted.
    boolean await(Duration time) throws InterruptedException {
        return wanted.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isWanted() {
        return wanted.getCount() == 0;
    }

    private void stop() {
        wanted.countDown();
        try {
            ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Everything is written.
    @Override
    public void close() {
        ended.countDown();
        if (!isWanted()) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}
