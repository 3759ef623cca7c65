package org.millrace.cleaner.rule;

import java.util.Optional;

/// The classifier finds the text good enough. Only where there is a classifier, and a minimum.
///
/// @param minimum 0 to 1
record LowQuality(double minimum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        return subject.qualityScore().isPresent()
                ? Limit.atLeast("quality", subject.qualityScore().getAsDouble(), minimum, "of 1")
                : Optional.empty();
    }
}
