package org.millrace.crawler.frontier;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.millrace.crawler.manners.Standing;

/// One host's place in the order of hosts, and where its queues begin: what lies before is deleted, and
/// an index need not walk over it.
final class Host {

    static final long NEVER = -1;

    private final String name;
    private long scheduledAt = NEVER;
    private long readyAt;
    private long delay;
    private int rank;
    private long position;
    private long laterFrom;
    private Standing standing = Standing.GOOD;

    Host(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    /// Time of its key in the schedule, [#NEVER] if it has none.
    long scheduledAt() {
        return scheduledAt;
    }

    void schedule(long at) {
        scheduledAt = at;
    }

    /// When the next request may be made.
    long readyAt() {
        return Math.max(readyAt, Times.micros(standing.restUntil()));
    }

    void readyAt(long at) {
        readyAt = Math.max(readyAt, at);
    }

    /// Was asked, and may be asked again from then on.
    void asked(long now, long again) {
        if (again > now) {
            delay = Math.min(again - now, Integer.MAX_VALUE);
        }
        readyAt(again);
    }

    /// The time that is left between its requests, in microseconds.
    long delay(Duration least) {
        return Math.max(delay, least.toNanos() / 1_000);
    }

    Standing standing() {
        return standing;
    }

    void standing(Standing now) {
        standing = now;
    }

    // ---- the beginning of the queue of what may be fetched

    byte[] readyFrom() {
        return Keys.ready(name, rank, position);
    }

    void readyFrom(int firstRank, long firstPosition) {
        rank = firstRank;
        position = firstPosition;
    }

    void readyHas(int newRank, long newPosition) {
        if (newRank < rank || newRank == rank && Long.compareUnsigned(newPosition, position) < 0) {
            readyFrom(newRank, newPosition);
        }
    }

    // ---- the beginning of the queue of what may be fetched later

    /// Nothing in it is due before then; [Long#MAX_VALUE] if nothing is in it.
    long laterFrom() {
        return laterFrom;
    }

    void laterFrom(long due) {
        laterFrom = due;
    }

    void laterHas(long due) {
        laterFrom = Math.min(laterFrom, due);
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(scheduledAt);
        out.writeLong(readyAt);
        out.writeLong(delay);
        out.writeByte(rank);
        out.writeLong(position);
        out.writeLong(laterFrom);
        out.writeInt(standing.strikes());
        out.writeInt(standing.errors());
        out.writeInt(standing.inVain());
        out.writeLong(standing.restUntil().toEpochMilli());
        out.writeLong(standing.inVainSince().toEpochMilli());
        out.writeLong(standing.givenUpUntil().toEpochMilli());
    }

    static Host read(String name, DataInput in) throws IOException {
        Host host = new Host(name);
        host.scheduledAt = in.readLong();
        host.readyAt = in.readLong();
        host.delay = in.readLong();
        host.rank = in.readUnsignedByte();
        host.position = in.readLong();
        host.laterFrom = in.readLong();
        host.standing = new Standing(
                in.readInt(),
                in.readInt(),
                in.readInt(),
                Instant.ofEpochMilli(in.readLong()),
                Instant.ofEpochMilli(in.readLong()),
                Instant.ofEpochMilli(in.readLong()));
        return host;
    }
}
