package org.millrace.archives;

/// What became of the records of an archive so far.
///
/// @param records looked at, one way or another
/// @param captures given out as pages
/// @param passed no page: requests, metadata, errors, redirects, revisits, other kinds of file
/// @param broken unreadable; reading goes on behind each
/// @param tooLong beyond the bounds
/// @param truncated archives that end inside a record
public record Tally(long records, long captures, long passed, long broken, long tooLong, long truncated) {

    public static final Tally NONE = new Tally(0, 0, 0, 0, 0, 0);

    public Tally plus(Tally other) {
        return new Tally(
                records + other.records,
                captures + other.captures,
                passed + other.passed,
                broken + other.broken,
                tooLong + other.tooLong,
                truncated + other.truncated);
    }

    /// True if anything was lost that a whole archive would have given.
    public boolean isDamaged() {
        return broken > 0 || truncated > 0;
    }

    Tally captured() {
        return plus(new Tally(1, 1, 0, 0, 0, 0));
    }

    Tally passedOver() {
        return plus(new Tally(1, 0, 1, 0, 0, 0));
    }

    Tally foundBroken() {
        return plus(new Tally(1, 0, 0, 1, 0, 0));
    }

    Tally foundTooLong() {
        return plus(new Tally(1, 0, 0, 0, 1, 0));
    }

    Tally cutOff() {
        return plus(new Tally(0, 0, 0, 0, 0, 1));
    }
}
