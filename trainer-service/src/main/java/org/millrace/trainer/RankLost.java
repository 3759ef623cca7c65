package org.millrace.trainer;

/// A process of a run cannot reach the others any more, or did not reach them at all. What was kept
/// is whole: the run goes on from there with the processes that are there.
public final class RankLost extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RankLost(String message) {
        super(message);
    }

    public RankLost(String message, Throwable cause) {
        super(message, cause);
    }
}
