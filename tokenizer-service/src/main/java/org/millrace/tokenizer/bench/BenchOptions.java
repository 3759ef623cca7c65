package org.millrace.tokenizer.bench;

import java.util.Iterator;
import java.util.List;

/// What a person asked to be measured.
///
/// @param seconds of one measurement, 1 to 600
/// @param trainMegabytes of text that the tokenizer learns from, 1 to 1,000
/// @param shardMegabytes of documents that become shards, 1 to 1,000
record BenchOptions(int seconds, int trainMegabytes, int shardMegabytes) {

    private static final String USAGE = "usage: bench tokenize [--seconds N] [--train-mb N] [--shard-mb N]";

    /// @throws IllegalArgumentException saying what was expected
    static BenchOptions of(List<String> arguments) {
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException(USAGE);
        }
        int seconds = number("--seconds", arguments.getFirst(), 600);
        int train = 100;
        int shard = 200;
        Iterator<String> rest = arguments.subList(1, arguments.size()).iterator();
        while (rest.hasNext()) {
            String name = rest.next();
            String value = rest.hasNext() ? rest.next() : "";
            switch (name) {
                case "--train-mb" -> train = number(name, value, 1_000);
                case "--shard-mb" -> shard = number(name, value, 1_000);
                default -> throw new IllegalArgumentException("\"" + name + "\" is no option; " + USAGE);
            }
        }
        return new BenchOptions(seconds, train, shard);
    }

    private static int number(String name, String value, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, with the bounds
        }
        throw new IllegalArgumentException("%s: expected 1 to %d, got \"%s\"".formatted(name, most, value));
    }
}
