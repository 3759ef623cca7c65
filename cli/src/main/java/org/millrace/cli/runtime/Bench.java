package org.millrace.cli.runtime;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What can be measured. Its code lies in the service that it measures.
public enum Bench {
    CLEAN(
            "cleaner",
            "org.millrace.cleaner.bench.CleanBench",
            Beside.NOTHING,
            512,
            "pages a second through all rules, beside parsing alone, and what the duplicate index costs"),
    CRAWL(
            "crawler",
            "org.millrace.crawler.http.bench.CrawlBench",
            Beside.NOTHING,
            512,
            "pages a second of the crawler's engine over 50 local sites, beside a plain loop with the JDK's client"),
    INFER(
            "inference",
            "org.millrace.inference.grpc.bench.InferenceBench",
            Beside.SERVICE,
            512,
            "tokens a second of the engine alone and over gRPC, first tokens, the prefix cache, swaps under load"),
    TOKENIZE(
            "tokenizer",
            "org.millrace.tokenizer.bench.TokenizeBench",
            Beside.BROKER,
            1_536,
            "training on 100 MB, encoding beside Hugging Face's tokenizers and jtokkit, and shards through Kafka"),
    TRAIN(
            "trainer",
            "org.millrace.trainer.torch.bench.TrainBench",
            Beside.NOTHING,
            256,
            "tokens a second of whole training steps, beside the machine's matrix product");

    /// What runs beside a bench, and so what its program is told.
    enum Beside {
        /// It is told the seconds of a measurement, and whatever options people add.
        NOTHING,
        /// A broker alone: it is told the same, and finds broker and store where the service would.
        BROKER,
        /// Broker and service: it is told HOST:PORT of the service, the seconds of a measurement and whatever options
        /// people add, and finds broker and store where the service does.
        SERVICE
    }

    private final String service;
    private final String main;
    private final Beside beside;
    private final int heapMib;
    private final String description;

    /// @param service whose class path the bench has
    /// @param main its last line is one JSON object
    Bench(String service, String main, Beside beside, int heapMib, String description) {
        this.service = service;
        this.main = main;
        this.beside = beside;
        this.heapMib = heapMib;
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

    /// Whether a broker has to run, or broker and service.
    boolean needsSystem() {
        return beside != Beside.NOTHING;
    }

    boolean needsService() {
        return beside == Beside.SERVICE;
    }

    /// What the service is told besides: the bench of inference publishes one model under a name for each precision.
    Map<String, String> settings() {
        return this == INFER
                ? Map.of("MILLRACE_INFERENCE_WEIGHTS", "bench-fp16=fp16,bench-int8=int8,bench-int4=int4")
                : Map.of();
    }

    String service() {
        return service;
    }

    String main() {
        return main;
    }

    /// Of the program that measures: what learns a tokenizer holds its 100 MB of text.
    int heapMib() {
        return heapMib;
    }
}
