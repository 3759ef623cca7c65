package org.millrace.cleaner.rule;

import java.util.Optional;

/// One thing that a text must measure up to. Rules are pure: the same subject, the same answer.
@FunctionalInterface
interface Rule {

    Optional<Breach> breach(Subject subject);
}
