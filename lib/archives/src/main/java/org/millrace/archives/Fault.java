package org.millrace.archives;

/// A record or file that gave no page though it should have.
///
/// @param source as in [Capture#source]
/// @param why for people
public record Fault(String source, Kind kind, String why) {

    public enum Kind {
        /// It cannot be read, or cannot be decoded.
        BROKEN,
        /// It is longer than the bounds allow.
        TOO_LONG,
        /// The archive ends inside it.
        TRUNCATED
    }
}
