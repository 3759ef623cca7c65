package org.millrace.cleaner.rule;

import java.util.Optional;

/// C4: a curly brace marks source code, which prose models are not trained on.
record CodeBraces() implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        long braces = subject.text().chars().filter(c -> c == '{').count();
        return Limit.atMost("code-braces", braces, 0, "opening braces");
    }
}
