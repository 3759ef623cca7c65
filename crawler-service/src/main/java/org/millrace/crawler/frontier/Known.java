package org.millrace.crawler.frontier;

import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Fingerprint;

/// Some URLs that are known, at hand: the pages of a site have most of their links in common. It may have
/// forgotten one, and never has one that is unknown.
///
/// Safe for use by many threads without a lock: a fingerprint is seen whole or not at all, and what is
/// once known stays so.
final class Known {

    /// At most half a megabyte.
    private static final int SIZE = 1 << 13;

    private final @Nullable Fingerprint[] some = new Fingerprint[SIZE];

    boolean has(Fingerprint url) {
        return url.equals(some[place(url)]);
    }

    void add(Fingerprint url) {
        some[place(url)] = url;
    }

    private static int place(Fingerprint url) {
        return (int) url.low() & SIZE - 1;
    }
}
