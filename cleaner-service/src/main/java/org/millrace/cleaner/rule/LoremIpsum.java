package org.millrace.cleaner.rule;

import java.util.Locale;
import java.util.Optional;

/// C4: a page with filler text was never finished.
record LoremIpsum() implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        return subject.text().toLowerCase(Locale.ROOT).contains("lorem ipsum")
                ? Optional.of(new Breach("lorem-ipsum", "\"lorem ipsum\" found", "none"))
                : Optional.empty();
    }
}
