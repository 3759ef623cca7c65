package org.millrace.inference;

/// Where rankings go, for those who learn from them.
public interface RankingLog {

    /// Returns when the ranking, and what it ranks, is there for all to read.
    ///
    /// @throws Unpublished if that may not be so; it may be tried again as it is
    /// @throws IllegalArgumentException if it is too large
    void publish(Rating rating) throws Unpublished;

    /// The log did not take it in time.
    final class Unpublished extends Exception {

        private static final long serialVersionUID = 1;

        public Unpublished(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
