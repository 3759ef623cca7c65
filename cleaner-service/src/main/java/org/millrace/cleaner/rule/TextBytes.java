package org.millrace.cleaner.rule;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A document travels in one Kafka record, and brokers take records up to 1 MiB by default.
record TextBytes() implements Rule {

    static final int MAXIMUM = 768 << 10;

    @Override
    public Optional<Breach> breach(Subject subject) {
        int bytes = subject.text().getBytes(StandardCharsets.UTF_8).length;
        return Limit.atMost("too-large", bytes, MAXIMUM, "bytes");
    }
}
