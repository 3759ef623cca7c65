package org.millrace.cli.probe;

import java.util.List;
import org.millrace.cli.probe.Judge.Verdict;

/// What a model said to a question, each time it was asked.
///
/// @param answers as often as it was asked
/// @param verdicts on each
public record Finding(Question question, List<Model.Reply> answers, List<Verdict> verdicts) {

    /// What follows from it.
    public enum Knowledge {
        /// Right every time.
        KNOWN,
        /// Wrong every time: it makes its answers up.
        MADE_UP,
        /// Never right, and at least once it said so.
        REFUSED,
        /// Right now and then.
        UNSURE
    }

    public Finding {
        answers = List.copyOf(answers);
        verdicts = List.copyOf(verdicts);
        if (answers.isEmpty() || answers.size() != verdicts.size()) {
            throw new IllegalArgumentException("verdicts: expected one for each of at least 1 answer, got %d for %d"
                    .formatted(verdicts.size(), answers.size()));
        }
    }

    public Knowledge knowledge() {
        if (verdicts.stream().allMatch(verdict -> verdict == Verdict.RIGHT)) {
            return Knowledge.KNOWN;
        }
        if (verdicts.stream().allMatch(verdict -> verdict == Verdict.WRONG)) {
            return Knowledge.MADE_UP;
        }
        return verdicts.contains(Verdict.RIGHT) ? Knowledge.UNSURE : Knowledge.REFUSED;
    }
}
