package org.millrace.tokenizer;

/// What an instance wrote to shards since it started. Safe for many threads.
public final class Tally {

    /// @param documents, conversations sequences of each kind
    public record Counts(long documents, long conversations, long tokens, long shards) {

        public static final Counts NONE = new Counts(0, 0, 0, 0);

        public Counts plus(Counts more) {
            return new Counts(
                    documents + more.documents,
                    conversations + more.conversations,
                    tokens + more.tokens,
                    shards + more.shards);
        }
    }

    private Counts counts = Counts.NONE;

    /// Runs a step that makes work visible and counts it. Nobody reads the counts in between: who has
    /// seen the work on the log sees it counted.
    public synchronized void whole(Runnable step) {
        step.run();
    }

    public synchronized void add(Counts more) {
        counts = counts.plus(more);
    }

    public synchronized Counts counts() {
        return counts;
    }
}
