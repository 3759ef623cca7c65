package org.millrace.rollout;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.millrace.rollout.CallFailed.Blame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Stands before a server that may be away, and keeps a crowd from hammering at its door.
///
/// ```text
///           the server failed                pause over: one caller tries
///    OPEN ────────────────────► CLOSED ────────────────────────────────────► TRYING
///     ▲                           ▲    it failed again: the pause doubles     │  │
///     │                           └───────────────────────────────────────────┘  │
///     └────────────────────────── the server answered ───────────────────────────┘
/// ```
///
/// The pause starts at 100 ms, so that a closed gate lets at most ten tries a second through, and ends
/// at `longest`. Callers wait here, interruptibly and as long as it takes; nobody is turned away.
///
/// A call that fails as if the server were away, while the server answers others, tells of itself: a
/// question that is always too slow must not stop all others. The gate stays as it is, and the blame is
/// turned to the request. A server that says it is busy is there: that opens the gate, and is nobody's
/// fault.
final class Gate {

    static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private static final Logger LOGGER = LoggerFactory.getLogger(Gate.class);

    private final String server;
    private final long longestNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean closed;
    private boolean trying;
    private long answers;
    private long pauseNanos = FIRST_PAUSE.toNanos();
    private long opensAtNanos;

    Gate(String server, Duration longest) {
        this.server = server;
        this.longestNanos = Math.max(longest.toNanos(), FIRST_PAUSE.toNanos());
    }

    /// One request to the server.
    @FunctionalInterface
    interface Call<T> {

        T make() throws CallFailed, InterruptedException;
    }

    /// Makes the call once the gate lets it through, and learns from what became of it.
    ///
    /// @param seen [#answers] when the caller came, or after its last failure
    /// @throws CallFailed blaming the server only if it has answered nobody since
    <T> T through(long seen, Call<T> call) throws CallFailed, InterruptedException {
        boolean first = pass();
        long before = first ? answers() : seen; // what was answered before the gate closed says nothing now
        try {
            T answer = call.make();
            open(true);
            return answer;
        } catch (CallFailed e) {
            if (e.blame() != Blame.SERVER) {
                open(false);
                throw e;
            }
            throw failed(first, before, e);
        } finally {
            if (first) {
                leave();
            }
        }
    }

    /// Calls that were answered, of all callers together.
    long answers() {
        lock.lock();
        try {
            return answers;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /// @return true for the one caller who tries whether the server is back
    private boolean pass() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (closed) {
                long wait = opensAtNanos - System.nanoTime();
                if (trying) {
                    changed.await();
                } else if (wait > 0) {
                    changed.awaitNanos(wait);
                } else {
                    trying = true;
                    return true;
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void open(boolean answered) {
        lock.lock();
        try {
            if (answered) {
                answers++;
            }
            if (closed) {
                LOGGER.info("{} answers again", server);
            }
            closed = false;
            pauseNanos = FIRST_PAUSE.toNanos();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// @return whom to blame
    private CallFailed failed(boolean first, long before, CallFailed why) {
        lock.lock();
        try {
            if (answers > before) {
                return new CallFailed(Blame.REQUEST, String.valueOf(why.getMessage()), why);
            }
            if (!closed) {
                LOGGER.warn("{} is away, prompts wait for it: {}", server, why.getMessage());
            }
            if (!closed || first) { // calls that were under way when it closed say nothing new
                closed = true;
                opensAtNanos = System.nanoTime() + pauseNanos;
                pauseNanos = Math.min(2 * pauseNanos, longestNanos);
            }
            return why;
        } finally {
            lock.unlock();
        }
    }

    /// Whoever tried is done, or was cut off without a word: the next may try.
    private void leave() {
        lock.lock();
        try {
            trying = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
