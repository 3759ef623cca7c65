package org.millrace.tokenizer;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// The published tokenizers, the newest of each name. Safe for many threads.
public final class Tokenizers {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, PublishedTokenizer> newest = new LinkedHashMap<>();
    private final Map<String, Long> refused = new HashMap<>();
    private final Optional<String> nameForShards;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /// @param nameForShards the one to write shards with; empty: the first that is added
    public Tokenizers(Optional<String> nameForShards) {
        this.nameForShards = nameForShards;
    }

    /// Calls back after each [#add], on the thread that adds.
    public void whenAdded(Runnable listener) {
        listeners.add(listener);
    }

    /// Adds one, unless a newer of the same name is known.
    public void add(PublishedTokenizer published) {
        lock.lock();
        try {
            newest.merge(
                    published.name(), published, (known, other) -> other.version() > known.version() ? other : known);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        listeners.forEach(Runnable::run);
    }

    /// Says that a published version cannot be used: nobody need wait for it.
    public void refuse(String name, long version) {
        lock.lock();
        try {
            refused.merge(name, version, Math::max);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// True if this version of the name, or a newer, is known.
    public boolean knows(String name, long version) {
        return find(name).filter(known -> known.version() >= version).isPresent();
    }

    public Optional<PublishedTokenizer> find(String name) {
        lock.lock();
        try {
            return Optional.ofNullable(newest.get(name));
        } finally {
            lock.unlock();
        }
    }

    /// In the order in which their names became known.
    public List<PublishedTokenizer> all() {
        lock.lock();
        try {
            return List.copyOf(newest.values());
        } finally {
            lock.unlock();
        }
    }

    public Optional<PublishedTokenizer> forShards() {
        return nameForShards.isPresent()
                ? find(nameForShards.get())
                : all().stream().findFirst();
    }

    /// Waits until [#forShards] has one.
    ///
    /// @return false if there is none when the time is over
    public boolean awaitForShards(Duration patience) throws InterruptedException {
        return await(() -> forShards().isPresent(), patience);
    }

    /// Waits until [#knows] holds.
    ///
    /// @return false if the version is refused, or nothing is heard of it when the time is over
    public boolean await(String name, long version, Duration patience) throws InterruptedException {
        await(() -> knows(name, version) || isRefused(name, version), patience);
        return knows(name, version);
    }

    /// True if this version, or a newer, was refused.
    public boolean isRefused(String name, long version) {
        lock.lock();
        try {
            return refused.getOrDefault(name, 0L) >= version;
        } finally {
            lock.unlock();
        }
    }

    private boolean await(BooleanSupplier holds, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (!holds.getAsBoolean()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
