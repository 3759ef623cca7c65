package org.millrace.cleaner.rule;

import java.util.Optional;

/// A page with many addresses is a list of people, even with the addresses masked.
record MaskedSpans(int maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        return Limit.atMost("personal-data", subject.maskedSpans(), maximum, "spans");
    }
}
