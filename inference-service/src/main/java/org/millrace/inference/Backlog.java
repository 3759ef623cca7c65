package org.millrace.inference;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What callers have left and an engine has not taken yet, in queues with an end; and whether it takes more. For all
/// threads.
final class Backlog {

    /// How often an engine that is paused looks for callers who have gone.
    private static final Duration LOOK = Duration.ofMillis(100);

    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Waiting waiting;
    private final Deque<Scoring> scorings = new ArrayDeque<>();
    private int scoringsWaiting;
    private boolean paused;
    private boolean refusing;
    private boolean draining;
    private boolean stopping;

    /// @param capacity answers of users that may wait, scored continuations among them, and of rollouts
    ///     beside them as many
    /// @param rolloutShare of turns that are the rollouts' while both wait
    Backlog(int capacity, double rolloutShare) {
        this.capacity = capacity;
        this.waiting = new Waiting(rolloutShare);
    }

    /// Takes all of them or none.
    ///
    /// @return false if no more is taken
    /// @throws Overloaded if there is no room for all
    boolean add(List<Slot> slots) throws Overloaded {
        lock.lock();
        try {
            if (draining || refusing) {
                return false;
            }
            waiting.dropFinished();
            for (Generation.Priority priority : Generation.Priority.values()) {
                long answers = slots.stream()
                        .filter(slot -> slot.generation().priority() == priority)
                        .count();
                checkRoom(priority, answers);
            }
            waiting.addAll(slots);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// As [#add(List)].
    boolean add(Scoring scoring) throws Overloaded {
        lock.lock();
        try {
            if (draining || refusing) {
                return false;
            }
            waiting.dropFinished();
            checkRoom(Generation.Priority.USER, scoring.continuations());
            scorings.add(scoring);
            scoringsWaiting += scoring.continuations();
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Scorings have their places among users.
    private void checkRoom(Generation.Priority priority, long answers) throws Overloaded {
        dropScorings();
        int taken = waiting.size(priority) + (priority == Generation.Priority.USER ? scoringsWaiting : 0);
        if (answers > 0 && taken + answers > capacity) {
            throw new Overloaded("queue: expected room for %d answers, got %d of %d places taken"
                    .formatted(answers, taken, capacity));
        }
    }

    private void dropScorings() {
        scorings.removeIf(Scoring::isOver);
        scoringsWaiting = scorings.stream().mapToInt(Scoring::continuations).sum();
    }

    /// Takes no more, for good.
    void close() {
        lock.lock();
        try {
            draining = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    void enter(Mode mode) {
        lock.lock();
        try {
            paused = mode == Mode.PAUSED;
            refusing = mode == Mode.DRAINING;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// There is no work from now on, whatever waits.
    void stop() {
        lock.lock();
        try {
            stopping = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Answers and continuations that wait.
    int size() {
        lock.lock();
        try {
            return waiting.size() + scoringsWaiting;
        } finally {
            lock.unlock();
        }
    }

    /// Waits, while paused or idle, for something to do.
    ///
    /// @param drawing whether the engine has work besides what waits here
    /// @param letGo drops those of that work whose callers have gone: while paused no step comes that would
    /// @return false once there is nothing to do and nothing will come, or [#stop()] was called
    boolean awaitWork(BooleanSupplier drawing, Runnable letGo) {
        lock.lock();
        try {
            while (!stopping) {
                if (paused) {
                    letGo.run();
                    waiting.dropFinished();
                    dropScorings();
                }
                boolean work = drawing.getAsBoolean() || !waiting.isEmpty() || !scorings.isEmpty();
                if (!work && draining) {
                    return false;
                }
                if (paused) {
                    await(LOOK);
                } else if (work) {
                    return true;
                } else {
                    changed.awaitUninterruptibly();
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void await(Duration most) {
        try {
            changed.awaitNanos(most.toNanos());
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    /// Takes the answer whose turn it is.
    ///
    /// @param mayPass whether one may go before others that came earlier
    /// @param mayJoin whether the one whose turn it is may go now
    /// @param taker is handed it before [#size()] can be less by it
    void take(Predicate<Slot> mayPass, Predicate<Slot> mayJoin, Consumer<Slot> taker) {
        lock.lock();
        try {
            Slot next = waiting.peek(mayPass);
            if (next != null && mayJoin.test(next)) {
                waiting.take(next);
                taker.accept(next);
            }
        } finally {
            lock.unlock();
        }
    }

    /// That somebody waits for.
    @Nullable
    Scoring oldestScoring() {
        lock.lock();
        try {
            Scoring oldest = scorings.peek();
            while (oldest != null && oldest.isOver()) {
                scorings.remove();
                scoringsWaiting -= oldest.continuations();
                oldest = scorings.peek();
            }
            return oldest;
        } finally {
            lock.unlock();
        }
    }

    /// Empties the queues.
    Left clear() {
        lock.lock();
        try {
            var left = new Left(waiting.drain(), List.copyOf(scorings));
            scorings.clear();
            scoringsWaiting = 0;
            return left;
        } finally {
            lock.unlock();
        }
    }

    record Left(List<Slot> slots, List<Scoring> scorings) {}
}
