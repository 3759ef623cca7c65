package org.millrace.crawler.frontier;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.LastVisit;
import org.millrace.crawler.Limits;
import org.millrace.crawler.Target;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Version;

/// All that is known of one URL of one crawl.
///
/// @param target null once nothing is to be done with it any more, or while only its visit is known
/// @param place which queue it stands in
/// @param due in microseconds, where it stands in the queue for later
/// @param position where it stands on the log
/// @param tries requests that failed since its last visit
record Entry(
        @Nullable Target target, Place place, long due, long position, boolean isSitemap, int tries, LastVisit last) {

    enum Place {
        NOWHERE,
        READY,
        LATER
    }

    static Entry visited(LastVisit visit) {
        return new Entry(null, Place.NOWHERE, 0, 0, false, 0, visit);
    }

    Entry in(Place queue, long at, int failed) {
        return new Entry(target, queue, at, position, isSitemap, failed, last);
    }

    /// Was visited, or never will be.
    boolean isClosed() {
        return place == Place.NOWHERE || !last.isNone();
    }

    /// Sitemaps first, then by priority.
    int rank() {
        if (isSitemap || target == null) {
            return 0;
        }
        return 1 + Math.round(254 * (1 - Math.clamp(target.priority(), 0f, 1f)));
    }

    void write(DataOutput out, ToLongFunction<Limits> limits) throws IOException {
        out.writeByte(place.ordinal());
        out.writeLong(last.at().toEpochMilli());
        if (!last.isNone()) {
            out.writeLong(last.interval().toMillis());
            out.writeUTF(last.sha256());
            out.writeUTF(last.version().etag());
            out.writeUTF(last.version().lastModified());
        }
        Target page = target;
        out.writeBoolean(page != null);
        if (page != null) {
            out.writeLong(due);
            out.writeLong(position);
            out.writeBoolean(isSitemap);
            out.writeInt(tries);
            out.writeUTF(page.crawl());
            out.writeUTF(page.url().toString());
            out.writeUTF(page.foundOn());
            out.writeInt(page.depth());
            out.writeInt(page.redirects());
            out.writeLong(limits.applyAsLong(page.limits()));
            out.writeFloat(page.priority());
        }
    }

    static Entry read(DataInput in, Function<Long, Limits> limits) throws IOException {
        Place place = Place.values()[in.readByte()];
        LastVisit last = LastVisit.NONE;
        long at = in.readLong();
        if (at != 0) {
            last = new LastVisit(
                    Instant.ofEpochMilli(at),
                    Duration.ofMillis(in.readLong()),
                    in.readUTF(),
                    new Version(in.readUTF(), in.readUTF()));
        }
        if (!in.readBoolean()) {
            return new Entry(null, place, 0, 0, false, 0, last);
        }
        long due = in.readLong();
        long position = in.readLong();
        boolean isSitemap = in.readBoolean();
        int tries = in.readInt();
        Target target = new Target(
                in.readUTF(),
                NormalUrl.of(in.readUTF()).orElseThrow(() -> new IOException("a URL of the index is none any more")),
                in.readUTF(),
                in.readInt(),
                in.readInt(),
                limits.apply(in.readLong()),
                in.readFloat(),
                Instant.EPOCH);
        return new Entry(target, place, due, position, isSitemap, tries, last);
    }
}
