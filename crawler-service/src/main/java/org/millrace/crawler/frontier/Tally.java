package org.millrace.crawler.frontier;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.millrace.crawler.Counts;
import org.millrace.crawler.web.Outcome;

/// How far one crawl is.
final class Tally {

    private final Map<Outcome, Long> done = new EnumMap<>(Outcome.class);
    private long queued;
    private long bytes;

    void queue() {
        queued++;
    }

    void unqueue() {
        queued--;
    }

    long queued() {
        return queued;
    }

    void count(Outcome outcome, long more) {
        done.merge(outcome, 1L, Long::sum);
        bytes += more;
    }

    Counts counts() {
        return new Counts(queued, done, bytes);
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(queued);
        out.writeLong(bytes);
        out.writeInt(done.size());
        for (Map.Entry<Outcome, Long> entry : done.entrySet()) {
            out.writeUTF(entry.getKey().name());
            out.writeLong(entry.getValue());
        }
    }

    static Tally read(DataInput in) throws IOException {
        Tally tally = new Tally();
        tally.queued = in.readLong();
        tally.bytes = in.readLong();
        for (int left = in.readInt(); left > 0; left--) {
            tally.done.put(Outcome.valueOf(in.readUTF()), in.readLong());
        }
        return tally;
    }
}
