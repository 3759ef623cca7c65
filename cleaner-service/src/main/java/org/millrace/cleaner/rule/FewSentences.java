package org.millrace.cleaner.rule;

import java.util.Optional;

/// C4: a page says several things. Says nothing of languages that do not mark where a sentence ends.
///
/// @param minimum sentences; a line is one at least
record FewSentences(int minimum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        return subject.orthography().punctuated()
                ? Limit.atLeast("few-sentences", subject.sentences(), minimum, "sentences")
                : Optional.empty();
    }
}
