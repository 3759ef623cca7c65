package org.millrace.crawler.web;

/// Requests one URL, and follows nothing. Never throws for what a server or a network does.
public interface Fetcher {

    Fetch fetch(NormalUrl url, Wanted wanted);

    /// What the caller can use of an answer.
    ///
    /// @param maxBytes decoded bytes of body
    /// @param start true: of a longer body the start will do; false: a longer body is a failure
    /// @param textOnly bodies that declare to be no text are not read
    /// @param known a version that need not be sent again: the answer may be [Fetch.Unchanged]
    /// @param heap asked before a body takes memory
    record Wanted(int maxBytes, boolean start, boolean textOnly, Version known, Heap heap) {

        public Wanted(int maxBytes, boolean start, boolean textOnly) {
            this(maxBytes, start, textOnly, Version.UNKNOWN, _ -> true);
        }

        public static Wanted page(int maxBytes) {
            return new Wanted(maxBytes, false, true);
        }

        /// The same, unless it is still the version that is known.
        public Wanted unless(Version version) {
            return new Wanted(maxBytes, start, textOnly, version, heap);
        }

        public Wanted within(Heap given) {
            return new Wanted(maxBytes, start, textOnly, known, given);
        }

        /// RFC 9309 section 2.5 asks for at least 500 KiB to be parsed.
        public static final Wanted ROBOTS = new Wanted(500 * 1024, true, false);

        /// A fifth of what the sitemap protocol allows; larger sites split theirs.
        public static final Wanted SITEMAP = new Wanted(10 << 20, false, false);
    }

    /// What bounds the bytes of all answers together, as [Room] does.
    @FunctionalInterface
    interface Heap {

        /// Whether it may ever have so many bytes.
        default boolean holds(long bytes) {
            return true;
        }

        /// Makes room for so many bytes altogether; false if there is none.
        boolean grow(long bytes) throws InterruptedException;
    }
}
