package org.millrace.inference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Answers that wait for a slot, in two queues: users' and rollouts'. While both have somebody, a share of the
/// turns is the rollouts' and the rest are the users', so that neither starves; while one is empty, all are the
/// other's. Each queue is first come, first served.
///
/// For one thread at a time.
final class Waiting {

    private final double rolloutShare;
    private final Deque<Slot> users = new ArrayDeque<>();
    private final Deque<Slot> rollouts = new ArrayDeque<>();
    private double owed; // turns of the rollouts', 0 to 1

    /// @param rolloutShare of the turns, above 0 and below 1
    Waiting(double rolloutShare) {
        this.rolloutShare = rolloutShare;
    }

    void addAll(Collection<Slot> slots) {
        slots.forEach(slot -> queue(slot.generation().priority()).add(slot));
    }

    /// Whose turn it is, `null` if nobody waits. The same until it is taken or others are added.
    @Nullable
    Slot peek() {
        dropFinished(users);
        dropFinished(rollouts);
        return next().peek();
    }

    /// Takes whom [#peek] shows.
    void take() {
        Deque<Slot> queue = next();
        if (!users.isEmpty() && !rollouts.isEmpty()) {
            owed += rolloutShare - (queue == rollouts ? 1 : 0);
        }
        queue.remove();
    }

    private Deque<Slot> next() {
        if (users.isEmpty() || rollouts.isEmpty()) {
            return users.isEmpty() ? rollouts : users;
        }
        return owed + rolloutShare >= 1 - ROUNDING ? rollouts : users;
    }

    /// Of sums of shares.
    private static final double ROUNDING = 1e-9;

    private static void dropFinished(Deque<Slot> queue) {
        while (!queue.isEmpty() && queue.element().isFinished()) {
            queue.remove();
        }
    }

    /// Drops those whose callers have gone, wherever they stand.
    void dropFinished() {
        users.removeIf(Slot::isFinished);
        rollouts.removeIf(Slot::isFinished);
    }

    int size(Generation.Priority priority) {
        return queue(priority).size();
    }

    int size() {
        return users.size() + rollouts.size();
    }

    boolean isEmpty() {
        return users.isEmpty() && rollouts.isEmpty();
    }

    /// Empties the queues.
    ///
    /// @return who was in them
    List<Slot> drain() {
        List<Slot> all = new ArrayList<>(users);
        all.addAll(rollouts);
        users.clear();
        rollouts.clear();
        return all;
    }

    private Deque<Slot> queue(Generation.Priority priority) {
        return switch (priority) {
            case USER -> users;
            case ROLLOUT -> rollouts;
        };
    }
}
