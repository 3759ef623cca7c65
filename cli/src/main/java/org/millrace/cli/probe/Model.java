package org.millrace.cli.probe;

import java.util.List;

/// A served model.
@FunctionalInterface
public interface Model {

    /// Answers to questions, in their order.
    ///
    /// @param seed of what is drawn: the same for the same answers
    List<String> answers(List<String> questions, long seed) throws InterruptedException;
}
