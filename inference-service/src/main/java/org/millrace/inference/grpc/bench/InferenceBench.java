package org.millrace.inference.grpc.bench;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Device;
import org.millrace.inference.Drawn;
import org.millrace.inference.Engine;
import org.millrace.inference.Generation;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Sampling;
import org.millrace.inference.Tally;
import org.millrace.inference.grpc.bench.BenchOptions.Part;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.onnx.Precision;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceStub;
import org.millrace.proto.policy.v1.Tokens;

/// Tokens per second of the engine in this process, and of a running service over gRPC with the same model, as
/// they come and in whole answers, turn by turn, with 1, 8 and 32 callers. Each caller asks again as soon as it
/// is answered, until the time is over; what counts is from the first question to the last answer. Then how long
/// first tokens take, unloaded and among 31 other callers, what the prefix cache spares, and what 100 swaps of
/// the model do to 8 callers. The last line is one JSON object.
///
/// Callers over gRPC run in this process, on one channel, and take their part of the same cores as the service: each
/// message is framed, read and parsed here once more. On a machine of their own the share of the raw engine would be
/// higher; `processor_us_per_token` counts both processes.
///
/// The 31 callers of the first tokens get answers of unlike lengths: else all would end in one step and ask again at
/// once, and who comes then would wait for 31 prompts before his, as he must. They are at it before the first is
/// measured. Beside gRPC's stands the engine's own (`raw`): what is left for network and callers is the difference.
///
/// ```text
/// InferenceBench HOST:PORT SECONDS_PER_MEASUREMENT [--shape L,D,H,K,V] [--weights int8,int4] [--only PART,PART]
///     [CHECKPOINT_DIRECTORY]
/// ```
///
/// With a checkpoint, the service must serve it already, and is not swapped. Without one, a model of random
/// weights is made (layers, width, heads, heads of keys, vocabulary; 17 M parameters unless told otherwise) and
/// published, through the broker and the store that `KAFKA_BOOTSTRAP_SERVERS` and `MILLRACE_ARTIFACTS` name: so
/// does `./millrace bench infer`, which starts all three. With `--weights` the same files are published once more
/// for each precision, as `bench-int8` and `bench-int4`, which the service must be set to serve so
/// (`MILLRACE_INFERENCE_WEIGHTS`).
public final class InferenceBench {

    private static final int[] CALLERS = {1, 8, 32};
    private static final int PROMPT = 16;
    private static final int SLOTS = 32;
    private static final int SWAPS = 100;

    /// In place of all else but options: they are checked, and that is all.
    private static final String CHECK = "--check";

    /// Before anything is measured, until the compiler of both processes has little left to do: what it takes of the
    /// cores, a step lacks.
    private static final Duration COMPILING = Duration.ofSeconds(20);

    /// Before each measurement.
    private static final Duration WARMING = Duration.ofSeconds(4);

    /// From when a new version is served to the look at what it stopped: the old one has drained and closed by then, so
    /// that each swap is measured by itself.
    private static final Duration SETTLING = Duration.ofSeconds(1);

    private final ModelConfig config;
    private final int textTokens;
    private final ManagedChannel channel;
    private final PolicyServiceStub service;
    private final ProcessorTime processor;
    private final Duration time;
    private final Device device;

    /// That is asked over gRPC; empty: the only one.
    private String model;

    private final StringJoiner json = new StringJoiner(", ", "{", "}");

    private InferenceBench(ModelConfig config, int textTokens, ManagedChannel channel, BenchOptions options) {
        this.config = config;
        this.textTokens = textTokens;
        this.channel = channel;
        this.service = PolicyServiceGrpc.newStub(channel);
        this.processor = new ProcessorTime(options.target());
        this.time = options.time();
        this.device = options.device();
        this.model = model(device.usual(), device);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        BenchOptions options;
        try {
            if (arguments.length > 0 && arguments[0].equals(CHECK)) {
                BenchOptions.check(List.of(arguments).subList(1, arguments.length));
                return;
            }
            options = BenchOptions.of(List.of(arguments));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        ManagedChannel channel = ManagedChannelBuilder.forTarget(options.target())
                .usePlaintext()
                .directExecutor() // callers only count: a thread of their own for each message would be measured, too
                .build();
        try {
            if (options.checkpoint().isPresent()) {
                Path checkpoint = options.checkpoint().get();
                measure(checkpoint, checkpoint, channel, options, null);
            } else {
                measureRandomModel(channel, options);
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private static void measureRandomModel(ManagedChannel channel, BenchOptions options)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-bench-");
        try {
            Path checkpoint = RandomModel.write(folder, options.shape(), RandomModel.CONTEXT);
            Path ofLongContext = RandomModel.write(folder, options.shape(), RandomModel.LONG_CONTEXT);
            for (Precision precision : options.weights()) {
                try (var publishing = publishing(model(precision, options.device()), checkpoint, folder, channel)) {
                    publishing.publish();
                }
            }
            try (var publishing =
                    publishing(model(options.device().usual(), options.device()), checkpoint, folder, channel)) {
                publishing.publish();
                measure(checkpoint, ofLongContext, channel, options, publishing);
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Publishing publishing(String name, Path checkpoint, Path folder, ManagedChannel channel)
            throws IOException {
        return new Publishing(
                name,
                checkpoint,
                environment("KAFKA_BOOTSTRAP_SERVERS"),
                URI.create(environment("MILLRACE_ARTIFACTS")),
                folder.resolve("cache-" + name),
                channel);
    }

    /// Under which the service serves it so.
    private static String model(Precision precision, Device device) {
        return precision == device.usual() ? "bench" : "bench-" + precision.label();
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(name + ": expected the service's, got nothing");
        }
        return value;
    }

    /// @param publishing swaps the model; `null`: it is somebody else's
    private static void measure(
            Path checkpoint,
            Path ofLongContext,
            ManagedChannel channel,
            BenchOptions options,
            @Nullable Publishing publishing)
            throws IOException, InterruptedException {
        Engine engine = engine(checkpoint, options.device().usual(), options.device());
        Engine reader = engine(ofLongContext, options.device().usual(), options.device());
        try {
            Checkpoint opened = Checkpoint.open(checkpoint);
            ModelConfig config = opened.config();
            int textTokens = Tokenizer.read(opened.tokenizer()).id(SpecialToken.BOS);
            opened.close();
            var bench = new InferenceBench(config, textTokens, channel, options);
            bench.json.add(figure("parameters", config.parameters()));
            if (publishing == null) {
                bench.model = "";
            }
            bench.raw(engine, SLOTS, COMPILING);
            bench.grpc(SLOTS, COMPILING);
            for (Part part : options.parts()) {
                switch (part) {
                    case THROUGHPUT -> {
                        bench.throughput("", engine);
                        for (Precision precision : options.weights()) {
                            bench.throughput(checkpoint, precision);
                        }
                    }
                    case FIRST_TOKENS -> bench.firstTokens(engine);
                    case PREFIXES -> bench.prefixes(reader, ofLongContext);
                    case SWAPS -> {
                        if (publishing != null) {
                            bench.swaps(publishing);
                        }
                    }
                }
            }
            bench.json.add(figure(
                    "load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
            System.out.println(bench.json);
        } finally {
            stop(engine);
            stop(reader);
        }
    }

    private static Engine engine(Path directory, Precision precision, Device device) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(directory);
        Tokenizer tokenizer = Tokenizer.read(checkpoint.tokenizer());
        ModelConfig config = checkpoint.config();
        long start = System.nanoTime();
        var engine = new Engine(
                "bench",
                OnnxDecoder.factory(new OnnxDecoder.Use(device, 0, Engine.Limits.CHUNK))
                        .open(checkpoint, SLOTS + 1, precision),
                config,
                tokenizer,
                config.eosId(),
                new Engine.Limits(SLOTS, 2 * SLOTS),
                new Tally(),
                (thread, cause) -> cause.printStackTrace());
        System.out.printf(
                Locale.ROOT,
                "model of %,d parameters in %s and %,d tokens of context, session in %d ms%n",
                config.parameters(),
                precision.label(),
                config.context(),
                (System.nanoTime() - start) / 1_000_000);
        engine.start();
        return engine;
    }

    /// The same with weights of few bits, in the service and here.
    private void throughput(Path checkpoint, Precision precision) throws IOException, InterruptedException {
        Engine own = engine(checkpoint, precision, device);
        model = model(precision, device);
        try {
            throughput("_" + precision.label(), own);
        } finally {
            model = model(device.usual(), device);
            stop(own);
        }
    }

    private void throughput(String suffix, Engine engine) throws InterruptedException {
        for (int callers : CALLERS) {
            raw(engine, callers, WARMING);
            grpc(callers, WARMING);
            Rate raw = raw(engine, callers, time);
            Rate grpc = grpc(callers, time);
            Rate whole = whole(callers, time);
            System.out.printf(
                    Locale.ROOT,
                    "%2d callers: raw %,8.0f tokens/s, over gRPC %,8.0f as they come and %,8.0f whole; %,6.0f, %,6.0f and %,6.0f µs of processor a token%n",
                    callers,
                    raw.tokens,
                    grpc.tokens,
                    whole.tokens,
                    raw.microseconds,
                    grpc.microseconds,
                    whole.microseconds);
            String of = "_b" + callers + suffix;
            json.add(figure("tokens_per_second" + of, raw.tokens));
            json.add(figure("grpc_tokens_per_second" + of, grpc.tokens));
            json.add(figure("grpc_share_of_raw" + of, grpc.tokens / raw.tokens));
            json.add(figure("processor_us_per_token" + of, raw.microseconds));
            json.add(figure("grpc_processor_us_per_token" + of, grpc.microseconds));
            json.add(figure("whole_tokens_per_second" + of, whole.tokens));
            json.add(figure("whole_share_of_raw" + of, whole.tokens / raw.tokens));
            json.add(figure("whole_processor_us_per_token" + of, whole.microseconds));
        }
    }

    private static void stop(Engine engine) throws InterruptedException {
        if (!engine.stop(Duration.ofSeconds(10))) {
            System.err.println("the engine is still in a step");
        }
    }

    /// @param tokens a second
    /// @param microseconds of one core a token, in all processes that took part
    private record Rate(double tokens, double microseconds) {}

    private void firstTokens(Engine engine) throws InterruptedException {
        var stub = PolicyServiceGrpc.newBlockingStub(channel);
        firstTokens("raw_", seed -> FirstTokens.ask(engine, ids(seed), sampling(seed)), () -> {
            var round = new Round(SLOTS - 1, Duration.ofDays(1));
            for (int i = 1; i < SLOTS; i++) {
                new Local(engine, i, unlike(i), round).ask();
            }
            return () -> {
                round.end();
                round.await();
            };
        });
        firstTokens("", seed -> FirstTokens.ask(stub, request(seed, 1)), () -> {
            var load = new Load(service, SLOTS - 1, seed -> request(seed, unlike(seed)));
            return load::stop;
        });
    }

    @FunctionalInterface
    private interface Others {
        /// Begin to ask.
        Leaving start();
    }

    @FunctionalInterface
    private interface Leaving {
        /// Returns when the last has been answered.
        void await() throws InterruptedException;
    }

    private void firstTokens(String of, FirstTokens.Request request, Others others) throws InterruptedException {
        FirstTokens alone = FirstTokens.measure(request);
        Leaving leaving = others.start();
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
        FirstTokens loaded = FirstTokens.measure(seed -> request.ask(-seed));
        leaving.await();
        System.out.printf(
                Locale.ROOT,
                "first token%s: half within %.1f ms, 99 of 100 within %.1f ms; among %d others %.1f and %.1f ms%n",
                of.isEmpty() ? " over gRPC" : ", raw",
                alone.half(),
                alone.most(),
                SLOTS - 1,
                loaded.half(),
                loaded.most());
        json.add(figure("first_token_" + of + "ms_p50", alone.half()));
        json.add(figure("first_token_" + of + "ms_p99", alone.most()));
        json.add(figure("first_token_" + of + "loaded_ms_p50", loaded.half()));
        json.add(figure("first_token_" + of + "loaded_ms_p99", loaded.most()));
    }

    /// Tokens of a caller's answers, from half the room to all of it.
    private int unlike(long caller) {
        return answer() - (int) (answer() / 2 * caller / SLOTS);
    }

    private void prefixes(Engine reader, Path ofLongContext) throws IOException, InterruptedException {
        int context;
        try (Checkpoint checkpoint = Checkpoint.open(ofLongContext)) {
            context = checkpoint.config().context();
        }
        PrefixCost cost = PrefixCost.measure(reader, context, textTokens);
        System.out.printf(
                Locale.ROOT,
                "a prompt of %d tokens: %.1f ms; with 8 answers %.2f of it, a second turn %.2f of it%n",
                cost.tokens(),
                cost.milliseconds(),
                cost.ofEight(),
                cost.ofSecondTurn());
        json.add(figure("prefill_tokens", cost.tokens()));
        json.add(figure("prefill_ms", cost.milliseconds()));
        json.add(figure("prefills_of_8_samples", cost.ofEight()));
        json.add(figure("prefills_of_a_second_turn", cost.ofSecondTurn()));
    }

    /// 100 versions, one after the other, under 8 callers, and then as many windows of the same length without.
    private void swaps(Publishing publishing) throws InterruptedException {
        var load = new Load(service, 8, seed -> request(seed, answer()));
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
        long answers = load.answers();
        long start = System.nanoTime();
        load.takeLongestGap();
        List<Duration> gaps = new ArrayList<>();
        for (int i = 0; i < SWAPS; i++) {
            publishing.publish();
            TimeUnit.NANOSECONDS.sleep(SETTLING.toNanos());
            gaps.add(load.takeLongestGap());
        }
        long each = (System.nanoTime() - start) / SWAPS;
        answers = load.answers() - answers;
        TimeUnit.NANOSECONDS.sleep(SETTLING.toNanos());
        load.takeLongestGap(); // may be a swap's, still
        List<Duration> others = new ArrayList<>();
        for (int i = 0; i < SWAPS; i++) {
            TimeUnit.NANOSECONDS.sleep(each);
            others.add(load.takeLongestGap());
        }
        load.stop();
        long failures = load.failures(); // of all: an answer that a swap broke may have gone on for long
        System.out.printf(
                Locale.ROOT,
                "%d swaps under 8 callers, one in %.0f ms: %d of %d answers failed%n",
                SWAPS,
                each / 1e6,
                failures,
                failures + answers);
        json.add(figure("swaps", SWAPS));
        json.add(figure("swaps_failed_requests", failures));
        json.add(figure("swaps_one_in_ms", each / 1e6));
        stalls("swaps_stall", Stalls.of(gaps));
        stalls("stall_without_swaps", Stalls.of(others));
    }

    private void stalls(String name, Stalls stalls) {
        System.out.printf(
                Locale.ROOT,
                "%s: half within %.1f ms, nine of ten within %.1f ms, the longest %.1f ms%n",
                name.replace('_', ' '),
                stalls.half(),
                stalls.most(),
                stalls.longest());
        json.add(figure(name + "_ms_p50", stalls.half()));
        json.add(figure(name + "_ms_p90", stalls.most()));
        json.add(figure(name + "_ms_longest", stalls.longest()));
    }

    private static String figure(String name, double value) {
        return String.format(Locale.ROOT, "\"%s\": %.3f", name, value);
    }

    private Rate raw(Engine engine, int callers, Duration time) throws InterruptedException {
        return measure(
                callers, time, processor::ofCallers, (seed, round) -> new Local(engine, seed, answer(), round).ask());
    }

    private Rate grpc(int callers, Duration time) throws InterruptedException {
        return measure(callers, time, processor::ofBoth, (seed, round) -> new Remote(seed, false, round).ask());
    }

    /// For callers who get each answer when it has ended, as rollout workers do.
    private Rate whole(int callers, Duration time) throws InterruptedException {
        return measure(callers, time, processor::ofBoth, (seed, round) -> new Remote(seed, true, round).ask());
    }

    @FunctionalInterface
    private interface Caller {
        void start(long seed, Round round);
    }

    private static Rate measure(int callers, Duration time, DoubleSupplier processor, Caller caller)
            throws InterruptedException {
        double before = processor.getAsDouble();
        var round = new Round(callers, time);
        for (int i = 0; i < callers; i++) {
            caller.start(i + 1, round);
        }
        long counted = round.await();
        double seconds = round.elapsed().toNanos() / 1e9;
        double used = processor.getAsDouble() - before;
        return new Rate(counted / seconds, used / 1e3 / counted);
    }

    private List<Integer> prompt(long seed) {
        var random = new SplittableRandom(seed);
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < PROMPT; i++) {
            ids.add(random.nextInt(textTokens));
        }
        return ids;
    }

    private int[] ids(long seed) {
        return prompt(seed).stream().mapToInt(Integer::intValue).toArray();
    }

    private static Sampling sampling(long seed) {
        return new Sampling(1, 0, 1, seed);
    }

    private GenerateRequest request(long seed, int maxTokens) {
        return GenerateRequest.newBuilder()
                .setModel(model)
                .setTokens(Tokens.newBuilder().addAllIds(prompt(seed)))
                .setSampling(org.millrace.proto.events.v1.Sampling.newBuilder()
                        .setTemperature(1)
                        .setSeed(seed)
                        .setMaxTokens(maxTokens))
                .setIgnoreEnd(true)
                .build();
    }

    private int answer() {
        return config.context() - PROMPT;
    }

    /// A caller in this process.
    private final class Local implements Generation.Listener {

        private final Engine engine;
        private final long seed;
        private final int tokens;
        private final Round round;

        Local(Engine engine, long seed, int tokens, Round round) {
            this.engine = engine;
            this.seed = seed;
            this.tokens = tokens;
            this.round = round;
        }

        void ask() {
            try {
                if (!engine.submit(new Generation(ids(seed), sampling(seed), 1, tokens, true, List.of(), this))) {
                    throw new IllegalStateException("the engine is being closed");
                }
            } catch (Overloaded e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void drawn(Drawn drawn) {
            round.count(1);
            if (drawn.finish() != null) {
                if (round.goesOn()) {
                    ask();
                } else {
                    round.leave();
                }
            }
        }

        @Override
        public void failed(Throwable cause) {
            round.fail(cause);
        }
    }

    /// A caller over the network.
    private final class Remote implements StreamObserver<GenerateResponse> {

        private final GenerateRequest request;
        private final Round round;

        Remote(long seed, boolean whole, Round round) {
            this.request = request(seed, answer()).toBuilder().setWhole(whole).build();
            this.round = round;
        }

        void ask() {
            service.withDeadlineAfter(60, TimeUnit.SECONDS).generate(request, this);
        }

        @Override
        public void onNext(GenerateResponse chunk) {
            round.count(chunk.getTokensCount());
        }

        @Override
        public void onError(Throwable cause) {
            round.fail(cause);
        }

        @Override
        public void onCompleted() {
            if (round.goesOn()) {
                ask();
            } else {
                round.leave();
            }
        }
    }
}
