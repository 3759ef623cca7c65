package org.millrace.crawler.frontier;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.millrace.crawler.Fingerprint;

/// How the index is laid out. A letter, then what the key is about; times are microseconds since 1970,
/// numbers big-endian, so that the order of bytes is the order of times.
///
/// | key | value |
/// |---|---|
/// | `M` | which log this is made of, and how far it is read |
/// | `U` fingerprint | [Entry]: everything ever seen |
/// | `O` position | fingerprint of a URL that was never visited yet |
/// | `R` host `0` rank position fingerprint | a URL that may be fetched, best rank first |
/// | `L` host `0` due fingerprint | a URL that may be fetched later |
/// | `H` host | [Host] |
/// | `S` time host | when a host with URLs is to be looked at; one for each of them |
/// | `B` host `0` crawl | [Budget] |
/// | `P` host `0` crawl `0` pattern | how many URLs have this pattern |
/// | `C` crawl | [Tally] |
/// | `G` hash | limits, which many URLs share |
final class Keys {

    static final byte[] META = {'M'};
    static final byte[] OPEN = {'O'};
    static final byte[] SCHEDULE = {'S'};
    static final byte[] CRAWLS = {'C'};

    private static final int FINGERPRINT = 16;

    private Keys() {}

    static byte[] url(Fingerprint url) {
        return ByteBuffer.allocate(1 + FINGERPRINT)
                .put((byte) 'U')
                .putLong(url.high())
                .putLong(url.low())
                .array();
    }

    static byte[] open(long position) {
        return ByteBuffer.allocate(1 + Long.BYTES)
                .put((byte) 'O')
                .putLong(position)
                .array();
    }

    static long position(byte[] openKey) {
        return ByteBuffer.wrap(openKey).getLong(1);
    }

    static byte[] ready(String host) {
        return named('R', host, 0).array();
    }

    /// Where the queue of a host is to be looked at from this rank and position on.
    static byte[] ready(String host, int rank, long position) {
        return named('R', host, 1 + Long.BYTES)
                .put((byte) rank)
                .putLong(position)
                .array();
    }

    static byte[] ready(String host, int rank, long position, Fingerprint url) {
        return named('R', host, 1 + Long.BYTES + FINGERPRINT)
                .put((byte) rank)
                .putLong(position)
                .putLong(url.high())
                .putLong(url.low())
                .array();
    }

    static int rank(byte[] readyKey) {
        return Byte.toUnsignedInt(readyKey[readyKey.length - FINGERPRINT - Long.BYTES - 1]);
    }

    static long rankedPosition(byte[] readyKey) {
        return ByteBuffer.wrap(readyKey).getLong(readyKey.length - FINGERPRINT - Long.BYTES);
    }

    static byte[] later(String host) {
        return named('L', host, 0).array();
    }

    static byte[] later(String host, long due) {
        return named('L', host, Long.BYTES).putLong(due).array();
    }

    static byte[] later(String host, long due, Fingerprint url) {
        return named('L', host, Long.BYTES + FINGERPRINT)
                .putLong(due)
                .putLong(url.high())
                .putLong(url.low())
                .array();
    }

    static long due(byte[] laterKey) {
        return ByteBuffer.wrap(laterKey).getLong(laterKey.length - FINGERPRINT - Long.BYTES);
    }

    /// Of a key of either queue.
    static Fingerprint fingerprint(byte[] queueKey) {
        ByteBuffer key = ByteBuffer.wrap(queueKey);
        return new Fingerprint(key.getLong(queueKey.length - FINGERPRINT), key.getLong(queueKey.length - Long.BYTES));
    }

    static byte[] host(String host) {
        return text('H', host);
    }

    static byte[] schedule(long at) {
        return ByteBuffer.allocate(1 + Long.BYTES).put((byte) 'S').putLong(at).array();
    }

    static byte[] schedule(long at, String host) {
        byte[] name = host.getBytes(UTF_8);
        return ByteBuffer.allocate(1 + Long.BYTES + name.length)
                .put((byte) 'S')
                .putLong(at)
                .put(name)
                .array();
    }

    static long scheduledAt(byte[] scheduleKey) {
        return ByteBuffer.wrap(scheduleKey).getLong(1);
    }

    static String scheduledHost(byte[] scheduleKey) {
        return new String(scheduleKey, 1 + Long.BYTES, scheduleKey.length - 1 - Long.BYTES, UTF_8);
    }

    static byte[] budget(String host, String crawl) {
        return text('B', host + '\0' + crawl);
    }

    static byte[] pattern(String host, String crawl, long pattern) {
        byte[] names = (host + '\0' + crawl + '\0').getBytes(UTF_8);
        return ByteBuffer.allocate(1 + names.length + Long.BYTES)
                .put((byte) 'P')
                .put(names)
                .putLong(pattern)
                .array();
    }

    static byte[] crawl(String crawl) {
        return text('C', crawl);
    }

    static String crawl(byte[] crawlKey) {
        return new String(crawlKey, 1, crawlKey.length - 1, UTF_8);
    }

    static byte[] limits(long hash) {
        return ByteBuffer.allocate(1 + Long.BYTES).put((byte) 'G').putLong(hash).array();
    }

    private static byte[] text(char letter, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return ByteBuffer.allocate(1 + bytes.length)
                .put((byte) letter)
                .put(bytes)
                .array();
    }

    /// No host's name holds a zero, so no host's keys lie among another's.
    private static ByteBuffer named(char letter, String host, int more) {
        byte[] name = host.getBytes(UTF_8);
        return ByteBuffer.allocate(1 + name.length + 1 + more)
                .put((byte) letter)
                .put(name)
                .put((byte) 0);
    }
}
