package org.millrace.cli.probe;

import java.util.List;

/// A served model.
@FunctionalInterface
public interface Model {

    /// What it says to one question.
    ///
    /// @param whole whether it ended by itself, and was not cut off
    record Reply(String text, boolean whole) {}

    /// Replies to questions, in their order.
    ///
    /// @param seed of what is drawn: the same for the same replies
    List<Reply> replies(List<String> questions, long seed) throws InterruptedException;
}
