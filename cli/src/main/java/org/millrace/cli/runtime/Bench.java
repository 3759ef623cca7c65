package org.millrace.cli.runtime;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What can be measured. Its code lies in the service that it measures.
public enum Bench {
    INFERENCE(
            "inference",
            "org.millrace.inference.grpc.bench.InferenceBench",
            "tokens a second of the engine alone and of the service over gRPC, with 1, 8 and 32 callers");

    private final String service;
    private final String main;
    private final String description;

    /// @param main takes HOST:PORT of the service and the seconds of a measurement, and finds broker and
    ///     store where the service does; its last line is one JSON object
    Bench(String service, String main, String description) {
        this.service = service;
        this.main = main;
        this.description = description;
    }

    public static Optional<Bench> named(String name) {
        return Arrays.stream(values())
                .filter(bench -> bench.label().equals(name))
                .findAny();
    }

    public static List<String> labels() {
        return Arrays.stream(values()).map(Bench::label).toList();
    }

    /// What people call it.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String description() {
        return description;
    }

    String service() {
        return service;
    }

    String main() {
        return main;
    }
}
