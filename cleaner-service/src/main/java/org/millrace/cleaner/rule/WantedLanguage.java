package org.millrace.cleaner.rule;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// One of the wanted languages, recognised with a score above the threshold.
record WantedLanguage(Set<String> languages, double score) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        if (languages.contains(subject.language()) && subject.languageScore() > score) {
            return Optional.empty();
        }
        String language = subject.language().isEmpty() ? "unknown" : subject.language();
        return Optional.of(new Breach(
                "language",
                String.format(Locale.ROOT, "%s %.2f", language, subject.languageScore()),
                String.format(Locale.ROOT, "%s > %.2f", String.join(" or ", new TreeSet<>(languages)), score)));
    }
}
