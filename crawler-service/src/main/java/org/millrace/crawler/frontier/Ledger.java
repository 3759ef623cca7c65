package org.millrace.crawler.frontier;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Counts;
import org.millrace.crawler.Fingerprint;
import org.millrace.crawler.Limits;
import org.millrace.crawler.Revisits;
import org.millrace.crawler.Target;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.SiteList;

/// A frontier's records in its index: read and written by name, and what is small and always wanted
/// kept at hand.
final class Ledger {

    /// Changes with the layout of [Keys] and of what the keys lead to.
    private static final String LAYOUT = "2 ";

    private static final int LIMITS_AT_HAND = 1_000;

    private final Index index;
    private final String log;
    private final Map<String, Tally> tallies = new HashMap<>();
    private final Set<String> touched = new HashSet<>();
    private final Map<Limits, Long> limitsAtHand = latest();
    private final Map<Long, Limits> limitsByHash = latest();
    private long discovered;
    private long visited;

    private Ledger(Index index, String log) {
        this.index = index;
        this.log = log;
    }

    static Ledger open(Index index, String name) {
        Ledger ledger = new Ledger(index, LAYOUT + name);
        byte[] meta = index.get(Keys.META);
        boolean isOurs = meta != null
                && Edit.read(meta, in -> {
                    boolean same = in.readUTF().equals(ledger.log);
                    ledger.discovered = in.readLong();
                    ledger.visited = in.readLong();
                    return same;
                });
        if (isOurs) {
            index.walk(Keys.CRAWLS, Keys.CRAWLS, (key, value) -> {
                ledger.tallies.put(Keys.crawl(key), Edit.read(value, Tally::read));
                return true;
            });
        } else {
            index.clear();
            ledger.discovered = 0;
            ledger.visited = 0;
        }
        return ledger;
    }

    /// All of an edit, with the tallies that it changed.
    void write(Edit edit) {
        for (String crawl : touched) {
            edit.put(Keys.crawl(crawl), tally(crawl)::write);
        }
        touched.clear();
        edit.write();
    }

    // ---- positions

    long discovered() {
        return discovered;
    }

    long visited() {
        return visited;
    }

    void discovered(Edit edit, long next) {
        discovered = next;
        meta(edit);
    }

    void visited(Edit edit, long next) {
        visited = next;
        meta(edit);
    }

    private void meta(Edit edit) {
        edit.put(Keys.META, out -> {
            out.writeUTF(log);
            out.writeLong(discovered);
            out.writeLong(visited);
        });
    }

    // ---- tallies

    Tally tally(Edit edit, String crawl) {
        touched.add(crawl);
        return tally(crawl);
    }

    Counts counts(String crawl) {
        Tally tally = tallies.get(crawl);
        return tally == null ? Counts.NONE : tally.counts();
    }

    long queued() {
        return tallies.values().stream().mapToLong(Tally::queued).sum();
    }

    private Tally tally(String crawl) {
        return tallies.computeIfAbsent(crawl, _ -> new Tally());
    }

    // ---- hosts, budgets, URLs

    Host host(Edit edit, String name) {
        Host host = edit.get(Keys.host(name), in -> Host.read(name, in));
        return host == null ? new Host(name) : host;
    }

    void put(Edit edit, Host host) {
        edit.put(Keys.host(host.name()), host::write);
    }

    Budget budget(Edit edit, String host, String crawl) {
        Budget budget = edit.get(Keys.budget(host, crawl), Budget::read);
        return budget == null ? new Budget() : budget;
    }

    void put(Edit edit, String host, String crawl, Budget budget) {
        edit.put(Keys.budget(host, crawl), budget::write);
    }

    @Nullable
    Entry entry(Edit edit, Fingerprint url) {
        return edit.get(Keys.url(url), in -> Entry.read(in, this::limits));
    }

    void put(Edit edit, Fingerprint url, Entry entry) {
        edit.put(Keys.url(url), out -> entry.write(out, limits -> hash(edit, limits)));
    }

    /// Counts one more URL of its pattern; false if there are enough.
    boolean countPattern(Edit edit, String host, Target target, int max) {
        byte[] key = Keys.pattern(host, target.crawl(), Traps.pattern(target.url()));
        byte[] known = edit.get(key);
        int count = known == null ? 0 : ByteBuffer.wrap(known).getInt();
        if (count < max) {
            edit.put(key, ByteBuffer.allocate(Integer.BYTES).putInt(count + 1).array());
        }
        return count < max;
    }

    // ---- limits

    private long hash(Edit edit, Limits limits) {
        Long known = limitsAtHand.get(limits);
        if (known != null) {
            return known;
        }
        byte[] bytes = Edit.bytes(out -> {
            out.writeInt(limits.maxDepth());
            out.writeInt(limits.maxPagesPerHost());
            out.writeLong(limits.revisits().after().toMillis());
            out.writeBoolean(limits.revisits().adaptive());
            List<String> hosts = new ArrayList<>(new TreeSet<>(limits.stayOn()));
            out.writeInt(hosts.size());
            for (String host : hosts) {
                out.writeUTF(host);
            }
            write(out, limits.scope().allow());
            write(out, limits.scope().block());
        });
        long hash = Fingerprint.of("limits", new String(bytes, ISO_8859_1)).high();
        edit.put(Keys.limits(hash), bytes);
        limitsAtHand.put(limits, hash);
        limitsByHash.put(hash, limits);
        return hash;
    }

    private Limits limits(long hash) {
        return limitsByHash.computeIfAbsent(hash, _ -> {
            byte[] bytes = index.get(Keys.limits(hash));
            if (bytes == null) {
                throw new IllegalStateException("the index names limits that it does not have");
            }
            return Edit.read(bytes, in -> {
                int maxDepth = in.readInt();
                int maxPagesPerHost = in.readInt();
                Revisits revisits = new Revisits(Duration.ofMillis(in.readLong()), in.readBoolean());
                Set<String> stayOn = new HashSet<>();
                for (int left = in.readInt(); left > 0; left--) {
                    stayOn.add(in.readUTF());
                }
                Scope scope = new Scope(list(in), list(in));
                return new Limits(maxDepth, maxPagesPerHost, stayOn, revisits, scope);
            });
        });
    }

    private static void write(DataOutput out, SiteList list) throws IOException {
        out.writeInt(list.entries().size());
        for (String entry : list.entries()) {
            out.writeUTF(entry);
        }
    }

    private static SiteList list(DataInput in) throws IOException {
        List<String> entries = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            entries.add(in.readUTF());
        }
        return SiteList.of("limits", entries);
    }

    private static <K, V> Map<K, V> latest() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > LIMITS_AT_HAND;
            }
        };
    }
}
