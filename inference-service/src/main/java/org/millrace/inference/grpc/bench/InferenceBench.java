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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Drawn;
import org.millrace.inference.Engine;
import org.millrace.inference.Generation;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Sampling;
import org.millrace.inference.Tally;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceStub;
import org.millrace.proto.policy.v1.Tokens;

/// Tokens per second of the engine in this process, and of a running service over gRPC with the same model,
/// turn by turn, with 1, 8 and 32 callers. Each caller asks again as soon as it is answered. The last line is
/// one JSON object.
///
/// ```text
/// InferenceBench HOST:PORT SECONDS_PER_MEASUREMENT [CHECKPOINT_DIRECTORY]
/// ```
///
/// With a checkpoint, the service must serve it already. Without one, a model of random weights is made and
/// published to the service, through the broker and the store that `KAFKA_BOOTSTRAP_SERVERS` and
/// `MILLRACE_ARTIFACTS` name: so does `./millrace bench inference`, which starts all three.
public final class InferenceBench {

    private static final int[] CALLERS = {1, 8, 32};
    private static final int PROMPT = 16;

    private final ModelConfig config;
    private final int textTokens;
    private final Engine engine;
    private final PolicyServiceStub service;
    private final Duration time;

    private InferenceBench(
            ModelConfig config, int textTokens, Engine engine, PolicyServiceStub service, Duration time) {
        this.config = config;
        this.textTokens = textTokens;
        this.engine = engine;
        this.service = service;
        this.time = time;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length < 2) {
            System.err.println("usage: InferenceBench HOST:PORT SECONDS_PER_MEASUREMENT [CHECKPOINT_DIRECTORY]");
            System.exit(2);
        }
        Duration time = Duration.ofSeconds(Long.parseLong(arguments[1]));
        ManagedChannel channel =
                ManagedChannelBuilder.forTarget(arguments[0]).usePlaintext().build();
        try {
            if (arguments.length > 2) {
                measure(Checkpoint.open(Path.of(arguments[2])), channel, time);
            } else {
                measureRandomModel(channel, time);
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private static void measureRandomModel(ManagedChannel channel, Duration time)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-bench-");
        try {
            Path checkpoint = RandomModel.write(folder);
            Publishing.publish(
                    checkpoint,
                    environment("KAFKA_BOOTSTRAP_SERVERS"),
                    URI.create(environment("MILLRACE_ARTIFACTS")),
                    folder.resolve("cache"),
                    channel);
            measure(Checkpoint.open(checkpoint), channel, time);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(name + ": expected the service's, got nothing");
        }
        return value;
    }

    private static void measure(Checkpoint checkpoint, ManagedChannel channel, Duration time)
            throws IOException, InterruptedException {
        ModelConfig config = checkpoint.config();
        Tokenizer tokenizer = Tokenizer.read(checkpoint.tokenizer());
        long start = System.nanoTime();
        var engine = new Engine(
                "bench",
                OnnxDecoder.factory(0).open(checkpoint, 33),
                config,
                tokenizer,
                config.eosId(),
                new Engine.Limits(32, 64),
                new Tally(),
                (thread, cause) -> cause.printStackTrace());
        System.out.printf(
                Locale.ROOT,
                "model of %,d parameters, session in %d ms%n",
                config.parameters(),
                (System.nanoTime() - start) / 1_000_000);
        engine.start();
        try {
            new InferenceBench(config, tokenizer.id(SpecialToken.BOS), engine, PolicyServiceGrpc.newStub(channel), time)
                    .run();
        } finally {
            if (!engine.stop(Duration.ofSeconds(10))) {
                System.err.println("the engine is still in a step");
            }
        }
    }

    private void run() throws InterruptedException {
        var json = new StringJoiner(", ", "{", "}");
        for (int callers : CALLERS) {
            raw(callers, Duration.ofSeconds(2)); // warm
            grpc(callers, Duration.ofSeconds(2));
            double raw = raw(callers, time);
            double grpc = grpc(callers, time);
            System.out.printf(
                    Locale.ROOT, "%2d callers: raw %,8.0f tokens/s, over gRPC %,8.0f tokens/s%n", callers, raw, grpc);
            json.add(figure("tokens_per_second_b" + callers, raw));
            json.add(figure("grpc_tokens_per_second_b" + callers, grpc));
            json.add(figure("grpc_share_of_raw_b" + callers, grpc / raw));
        }
        json.add(figure(
                "load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
        System.out.println(json);
    }

    private static String figure(String name, double value) {
        return String.format(Locale.ROOT, "\"%s\": %.3f", name, value);
    }

    private double raw(int callers, Duration time) throws InterruptedException {
        return measure(callers, time, (seed, tokens, goOn, done) -> new Local(seed, tokens, goOn, done).ask());
    }

    private double grpc(int callers, Duration time) throws InterruptedException {
        return measure(callers, time, (seed, tokens, goOn, done) -> new Remote(seed, tokens, goOn, done).ask());
    }

    @FunctionalInterface
    private interface Caller {
        void start(long seed, LongAdder tokens, BooleanSupplier goOn, CountDownLatch done);
    }

    private static double measure(int callers, Duration time, Caller caller) throws InterruptedException {
        var tokens = new LongAdder();
        var done = new CountDownLatch(callers);
        long start = System.nanoTime();
        long end = start + time.toNanos();
        for (int i = 0; i < callers; i++) {
            caller.start(i + 1, tokens, () -> System.nanoTime() < end, done);
        }
        TimeUnit.NANOSECONDS.sleep(end - System.nanoTime());
        long counted = tokens.sum();
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!done.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("callers: expected all to end, %d have not".formatted(done.getCount()));
        }
        return counted / seconds;
    }

    private List<Integer> prompt(long seed) {
        var random = new SplittableRandom(seed);
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < PROMPT; i++) {
            ids.add(random.nextInt(textTokens));
        }
        return ids;
    }

    private int answer() {
        return config.context() - PROMPT;
    }

    /// A caller in this process.
    private final class Local implements Generation.Listener {

        private final long seed;
        private final LongAdder tokens;
        private final BooleanSupplier goOn;
        private final CountDownLatch done;

        Local(long seed, LongAdder tokens, BooleanSupplier goOn, CountDownLatch done) {
            this.seed = seed;
            this.tokens = tokens;
            this.goOn = goOn;
            this.done = done;
        }

        void ask() {
            int[] ids = prompt(seed).stream().mapToInt(Integer::intValue).toArray();
            try {
                if (!engine.submit(
                        new Generation(ids, new Sampling(1, 0, 1, seed), 1, answer(), true, List.of(), this))) {
                    throw new IllegalStateException("the engine is being closed");
                }
            } catch (Overloaded e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void drawn(Drawn drawn) {
            tokens.increment();
            if (drawn.finish() != null) {
                if (goOn.getAsBoolean()) {
                    ask();
                } else {
                    done.countDown();
                }
            }
        }

        @Override
        public void failed(Throwable cause) {
            cause.printStackTrace();
        }
    }

    /// A caller over the network.
    private final class Remote implements StreamObserver<GenerateResponse> {

        private final long seed;
        private final LongAdder tokens;
        private final BooleanSupplier goOn;
        private final CountDownLatch done;

        Remote(long seed, LongAdder tokens, BooleanSupplier goOn, CountDownLatch done) {
            this.seed = seed;
            this.tokens = tokens;
            this.goOn = goOn;
            this.done = done;
        }

        void ask() {
            service.withDeadlineAfter(60, TimeUnit.SECONDS)
                    .generate(
                            GenerateRequest.newBuilder()
                                    .setTokens(Tokens.newBuilder().addAllIds(prompt(seed)))
                                    .setSampling(org.millrace.proto.events.v1.Sampling.newBuilder()
                                            .setTemperature(1)
                                            .setSeed(seed)
                                            .setMaxTokens(answer()))
                                    .setIgnoreEnd(true)
                                    .build(),
                            this);
        }

        @Override
        public void onNext(GenerateResponse chunk) {
            tokens.add(chunk.getTokensCount());
        }

        @Override
        public void onError(Throwable cause) {
            cause.printStackTrace();
        }

        @Override
        public void onCompleted() {
            if (goOn.getAsBoolean()) {
                ask();
            } else {
                done.countDown();
            }
        }
    }
}
