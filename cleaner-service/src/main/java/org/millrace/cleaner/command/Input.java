package org.millrace.cleaner.command;

import org.millrace.cleaner.Page;

/// One thing that was handed in.
sealed interface Input {

    /// What people find it by: the path as they gave it, the URL of a page in an archive, `-`.
    String source();

    record Given(String source, Page page) implements Input {}

    /// More than a page may have.
    record TooLarge(String source) implements Input {}

    /// It cannot be read.
    record Unreadable(String source, String why) implements Input {}
}
