package org.millrace.world;

/// What an answer is worth.
public sealed interface Grade {

    /// One of the acceptable answers and nothing else.
    record Right(Form form) implements Grade {}

    /// One of the ways to say "I don't know", and nothing else. Right for a made-up name only.
    record Refused() implements Grade {}

    /// Anything else; the form tells in which way.
    record Wrong(Form form) implements Grade {}

    enum Form {
        /// The sentence.
        FULL,
        /// The bare value.
        TERSE,
        /// A right answer, and then more text.
        RAMBLING,
        /// A way to say "I don't know", and then more text.
        RAMBLING_REFUSAL,
        /// None of these.
        OTHER
    }
}
