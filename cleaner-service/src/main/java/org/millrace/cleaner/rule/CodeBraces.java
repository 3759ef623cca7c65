package org.millrace.cleaner.rule;

import java.util.Optional;

/// C4: a curly brace marks source code, which prose models are not trained on.
///
/// @param maximum opening braces
record CodeBraces(int maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        int braces = 0;
        for (int at = subject.text().indexOf('{'); at >= 0; at = subject.text().indexOf('{', at + 1)) {
            braces++;
        }
        return Limit.atMost("code-braces", braces, maximum, "opening braces");
    }
}
