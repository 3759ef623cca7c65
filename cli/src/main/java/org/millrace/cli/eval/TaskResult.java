package org.millrace.cli.eval;

import java.util.List;
import java.util.Optional;
import org.millrace.cli.eval.statistics.Calibration;
import org.millrace.cli.eval.statistics.Figure;

/// How one model did in one task.
///
/// @param figures the first is the one to look at
/// @param score 0 for guessing, 1 for all right; empty where nothing is right or wrong
/// @param calibration of the probabilities among choices
/// @param truncated prompts whose beginning was left out
/// @param besides what else there is to say of such a task
record TaskResult(
        List<Figure> figures,
        Optional<Figure> score,
        Optional<Calibration> calibration,
        int truncated,
        Besides besides) {

    /// Numbers that are no figures.
    sealed interface Besides {

        record Nothing() implements Besides {}

        /// What was read of texts.
        ///
        /// @param windows pieces of the context's length that the texts were cut into
        /// @param stride tokens that a window scores, but the first of a text
        record Read(long bytes, long tokens, int windows, int stride) implements Besides {}

        /// @param baseline which share of choices guessing gets right: the mean of 1 / choices
        record Guessing(double baseline) implements Besides {}

        /// @param p the two-sided sign test's, of the pairs of which one side is preferred
        record Signs(long first, long second, double p) implements Besides {}
    }

    TaskResult {
        figures = List.copyOf(figures);
    }
}
