package org.millrace.cleaner.bench;

import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/// What a person asked to be measured.
///
/// @param seconds of one measurement, 1 to 600
/// @param threads 1 to 64
/// @param pageBytes of a page, about, 2,000 to 1,000,000
/// @param documents most in the index of duplicates, 1,000 to 10,000,000
record BenchOptions(int seconds, int threads, int pageBytes, int documents) {

    private static final String USAGE =
            "usage: bench clean [--seconds N] [--threads N] [--page-bytes N] [--documents N]";

    /// @throws IllegalArgumentException saying what was expected
    static BenchOptions of(List<String> arguments) {
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException(USAGE);
        }
        int seconds = number("--seconds", arguments.getFirst(), 1, 600);
        int threads = 2;
        int pageBytes = 60_000;
        int documents = 100_000;
        Iterator<String> rest = arguments.subList(1, arguments.size()).iterator();
        while (rest.hasNext()) {
            String name = rest.next();
            String value = rest.hasNext() ? rest.next() : "";
            switch (name) {
                case "--threads" -> threads = number(name, value, 1, 64);
                case "--page-bytes" -> pageBytes = number(name, value, 2_000, 1_000_000);
                case "--documents" -> documents = number(name, value, 1_000, 10_000_000);
                default -> throw new IllegalArgumentException("\"" + name + "\" is no option; " + USAGE);
            }
        }
        return new BenchOptions(seconds, threads, pageBytes, documents);
    }

    /// 10,000, 100,000 and so on up to the number of documents, which is the last.
    int[] indexSizes() {
        return IntStream.concat(
                        IntStream.iterate(10_000, size -> size < documents, size -> size * 10), IntStream.of(documents))
                .toArray();
    }

    private static int number(String name, String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, with the bounds
        }
        throw new IllegalArgumentException("%s: expected %d to %d, got \"%s\"".formatted(name, least, most, value));
    }
}
