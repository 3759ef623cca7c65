package org.millrace.cleaner.rule;

import java.util.Optional;

/// A document travels in one Kafka record, and brokers take records up to 1 MiB by default.
record TextBytes() implements Rule {

    static final int MAXIMUM = 768 << 10;

    @Override
    public Optional<Breach> breach(Subject subject) {
        return Limit.atMost("too-large", utf8Length(subject.text()), MAXIMUM, "bytes");
    }

    /// @param text without lone surrogates
    static int utf8Length(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3; // a pair has four
        }
        return length;
    }
}
