package org.millrace.cleaner.rule;

import java.util.Optional;

/// C4: a page with filler text was never finished.
record LoremIpsum() implements Rule {

    private static final String FILLER = "lorem ipsum";

    @Override
    public Optional<Breach> breach(Subject subject) {
        String text = subject.text();
        for (int i = 0; i + FILLER.length() <= text.length(); i++) {
            if (text.regionMatches(true, i, FILLER, 0, FILLER.length())) {
                return Optional.of(new Breach("lorem-ipsum", "\"lorem ipsum\" found", "none"));
            }
        }
        return Optional.empty();
    }
}
