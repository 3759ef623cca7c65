package org.millrace.rollout;

import org.jspecify.annotations.Nullable;

/// A call to the policy or the reward service brought nothing. Who is to blame decides what is next.
public final class CallFailed extends Exception {

    private static final long serialVersionUID = 1L;

    /// Where trying again could help.
    public enum Blame {
        /// The request itself is wrong: never again.
        PROMPT,
        /// This request failed, others may not: again, but not for ever.
        REQUEST,
        /// The server has no place for this request now, though it may answer others: again and ever less
        /// often, for as long as it takes.
        BUSY,
        /// The server is away: everybody waits, for as long as it takes. So it looks to one caller; the
        /// [Gate] sees all of them, and turns the blame to the request if others are answered.
        SERVER
    }

    private final Blame blame;

    public CallFailed(Blame blame, String detail, @Nullable Throwable cause) {
        super(detail, cause);
        this.blame = blame;
    }

    public Blame blame() {
        return blame;
    }
}
