package org.millrace.inference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Answers that wait for a slot, in two queues: users' and rollouts'. While both have somebody, a share of the
/// turns is the rollouts' and the rest are the users', so that neither starves; while one is empty, all are the
/// other's. Each queue is first come, first served, but for those who may not go yet: others pass them. Rollouts pass
/// users only as far as their share goes, lest they have taken every slot when the users may go.
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

    /// Whose turn it is among those who may go; `null` if none of them waits, or only rollouts that have had their
    /// share. The same until it is taken, others are added, or others may go.
    @Nullable
    Slot peek(Predicate<Slot> mayGo) {
        Slot user = first(users, mayGo);
        Slot rollout = first(rollouts, mayGo);
        if (rollout == null || users.isEmpty()) {
            return user == null ? rollout : user;
        }
        return owed + rolloutShare >= 1 - ROUNDING ? rollout : user;
    }

    /// Takes whom [#peek] shows.
    void take(Slot slot) {
        Deque<Slot> queue = queue(slot.generation().priority());
        if (!users.isEmpty() && !rollouts.isEmpty()) {
            owed = Math.clamp(owed + rolloutShare - (queue == rollouts ? 1 : 0), 0, 1);
        }
        queue.remove(slot);
    }

    /// Of sums of shares.
    private static final double ROUNDING = 1e-9;

    private static @Nullable Slot first(Deque<Slot> queue, Predicate<Slot> mayGo) {
        for (Iterator<Slot> slots = queue.iterator(); slots.hasNext(); ) {
            Slot slot = slots.next();
            if (slot.isFinished()) {
                slots.remove();
            } else if (mayGo.test(slot)) {
                return slot;
            }
        }
        return null;
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
