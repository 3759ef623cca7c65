package org.millrace.trainer.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;

/// Small models from a folder, in this process and in several.
class TrainFolderCommandTest {

    private static final Duration LONG = Duration.ofSeconds(120);

    @TempDir
    Path temp;

    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void folder() throws IOException {
        Path shards = temp.resolve("shards");
        Files.createDirectories(shards.resolve("validation"));
        Tokenizer tokenizer = BpeTrainer.train(List.of("one two three four"), 265, SplitPattern.NANOCHAT, merges -> {});
        tokenizer.write(shards);
        shard(shards.resolve("b"), ShardHeader.Kind.DOCUMENTS, 1, 12);
        shard(shards.resolve("a.shard"), ShardHeader.Kind.DOCUMENTS, 2, 12);
        shard(shards.resolve("chats"), ShardHeader.Kind.CONVERSATIONS, 3, 12);
        shard(shards.resolve("validation/c"), ShardHeader.Kind.DOCUMENTS, 4, 3);
        shard(shards.resolve("validation/chats"), ShardHeader.Kind.CONVERSATIONS, 5, 3);
    }

    @AfterEach
    void end() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void shard(Path file, ShardHeader.Kind kind, int seed, int count) throws IOException {
        boolean documents = kind == ShardHeader.Kind.DOCUMENTS;
        Random random = new Random(seed);
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int from = random.nextInt(100);
            int[] tokens = IntStream.range(from, from + 20 + random.nextInt(5)).toArray();
            boolean[] targets = new boolean[tokens.length];
            Arrays.fill(targets, documents ? 0 : tokens.length / 2, tokens.length, true);
            sequences.add(new Sequence(seed + "-" + i, tokens, targets, tokens.length));
        }
        ShardWriter.write(file, new ShardHeader(kind, "tiny", 1, documents ? "" : "chats", 265), sequences);
    }

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(BooleanSupplier stopped, String... args) {
        int threads = torch.get_num_threads();
        try {
            return TrainFolderCommand.execute(stopped, new PrintWriter(out, true), new PrintWriter(err, true), args);
        } finally {
            torch.set_num_threads(threads);
        }
    }

    private String[] pretrain(String out, String... more) {
        return arguments(
                Stream.of("--stage", "pretrain", "--depth", "1", "--width", "32", "--context", "32", "--seed", "3"),
                out,
                more);
    }

    private String[] arguments(Stream<String> stage, String out, String... more) {
        Stream<String> both = Stream.of(
                "--shards",
                temp.resolve("shards").toString(),
                "--out",
                temp.resolve(out).toString(),
                "--threads",
                "1");
        return Stream.of(both, stage, Stream.of(more)).flatMap(all -> all).toArray(String[]::new);
    }

    private static JsonNode last(String text) throws IOException {
        return new ObjectMapper().readTree(text.lines().toList().getLast());
    }

    @Test
    void aModelIsTrainedAndThenTunedFromFolders() throws Exception {
        Path kept = Files.createDirectory(temp.resolve("kept"));
        Files.createFile(kept.resolve("next.tmp")); // of a writer that was killed
        assertThat(execute(() -> false, pretrain("base", "--steps", "3", "--state-dir", kept.toString())))
                .as(err.toString())
                .isZero();

        JsonNode figures = last(out.toString());
        assertThat(figures.get("steps").asLong()).isEqualTo(3);
        assertThat(figures.get("bits_per_byte").asDouble()).isPositive();
        assertThat(err.toString()).contains("step 3  100 %  loss ", " bits/byte  ", "tokens/s");
        int code = execute(
                () -> false,
                arguments(
                        Stream.of(
                                "--stage", "sft", "--base", temp.resolve("base").toString()),
                        "chat",
                        "--steps",
                        "2",
                        "--rows-per-step",
                        "2",
                        "--document-weight",
                        "0.5",
                        "--dataset-weight",
                        "chats=2"));

        assertThat(code).as(err.toString()).isZero();
        assertThat(last(out.toString()).get("validation_loss_nats").asDouble()).isPositive();
        try (Checkpoint chat = Checkpoint.open(temp.resolve("chat"))) {
            assertThat(chat.provenance()).containsEntry("stage", "fine-tune").containsEntry("step", "2");
        }
        try (Stream<Path> left = Files.list(temp)) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("shards", "base", "chat");
        }
    }

    @Test
    void aRunDoesNotGoOnFromOtherWeights() throws Exception {
        assertThat(execute(() -> false, pretrain("base", "--steps", "1"))).isZero();
        Path base = temp.resolve("base");
        String[] tune = arguments(Stream.of("--stage", "sft", "--base", base.toString()), "chat", "--steps", "9");
        assertThat(execute(() -> true, tune)).isEqualTo(TrainFolderCommand.RANK_LOST);

        try (Stream<Path> files = Files.list(base)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(base);
        assertThat(execute(() -> false, pretrain("base", "--steps", "1", "--seed", "4")))
                .isZero();

        says(1, "--state-dir: expected the run that was broken off there (base ", tune);
    }

    @Test
    void aRunThatWasStoppedGoesOnBitByBit() throws Exception {
        Path third = temp.resolve("parts/.state/000000000003.state");

        int code = execute(() -> Files.exists(third), pretrain("parts", "--steps", "40", "--state-interval", "0"));
        assertThat(code).as(err.toString()).isEqualTo(TrainFolderCommand.RANK_LOST);
        assertThat(err.toString()).contains("stopped after step 3;");
        assertThat(temp.resolve("parts/config.json")).doesNotExist();
        assertThat(execute(() -> false, pretrain("parts", "--steps", "41"))).isEqualTo(1);
        assertThat(err.toString()).contains("--state-dir: expected the run that was broken off there (--steps 40)");

        assertThat(execute(() -> false, pretrain("parts", "--steps", "40"))).isZero();
        assertThat(execute(() -> false, pretrain("whole", "--steps", "40"))).isZero();
        assertThat(temp.resolve("parts/model.safetensors"))
                .hasSameBinaryContentAs(temp.resolve("whole/model.safetensors"));
    }

    @Test
    void whatFollowsFromTheDepthCanBeAskedOtherwise() throws Exception {
        String[] asked = {
            "--steps",
            "2",
            "--qk-norm",
            "--tied",
            "false",
            "--hidden",
            "64",
            "--optimizer",
            "muon",
            "--recompute",
            "--rows-at-once",
            "1",
            "--rows-per-step",
            "2",
            "--evaluations",
            "0"
        };

        assertThat(execute(() -> false, pretrain("asked", asked)))
                .as(err.toString())
                .isZero();

        try (Checkpoint model = Checkpoint.open(temp.resolve("asked"))) {
            assertThat(model.config().qkNorm()).isTrue();
            assertThat(model.config().tied()).isFalse();
            assertThat(model.config().hidden()).isEqualTo(64);
        }
    }

    @Test
    void whatCannotBeDoneIsSaidInOneSentence() throws Exception {
        Files.createDirectory(temp.resolve("taken"));
        Files.createFile(temp.resolve("taken/config.json"));
        Path other = Files.createDirectory(temp.resolve("other"));
        ShardWriter.write(other.resolve("x"), new ShardHeader(ShardHeader.Kind.DOCUMENTS, "x", 1, "", 300), List.of());
        String words = temp.resolve("shards").toString();

        says(1, "--out: expected a folder that is not there yet", pretrain("taken", "--steps", "1"));
        says(2, "--steps, --seconds: expected at least one above 0, got 0 and 0", pretrain("new"));
        says(
                2,
                "--rows-per-step: expected 0 to 65536, got -1",
                pretrain("new", "--steps", "1", "--rows-per-step", "-1"));
        says(2, "--steps: expected at least 0, got -1", pretrain("new", "--steps", "-1"));
        says(
                2,
                "--matrix-learning-rate: expected 0 to 10, got 11.0",
                pretrain("new", "--steps", "1", "--matrix-learning-rate", "11"));
        says(
                2,
                "--warm-up-share: expected warm_up_share + decay_share of at most 1, got 0.6 + 0.5",
                pretrain("new", "--steps", "1", "--warm-up-share", "0.6"));
        says(
                2,
                "--learning-rate-scale: expected nothing with --stage pretrain, got 0.5",
                pretrain("new", "--steps", "1", "--learning-rate-scale", "0.5"));
        says(
                2,
                "--validation: expected a folder of shards, got ",
                pretrain(
                        "new",
                        "--steps",
                        "1",
                        "--validation",
                        temp.resolve("none").toString()));
        says(
                2,
                "--rank: expected 0 to 1, less than world, got 2",
                pretrain("new", "--steps", "1", "--world", "2", "--rank", "2", "--rendezvous", "localhost:29500"));
        says(
                1,
                "shards/b: file already exists",
                pretrain(
                        "new",
                        "--steps",
                        "1",
                        "--state-dir",
                        temp.resolve("shards/b").toString()));
        says(
                1,
                "none/tokenizer.json: no such file",
                pretrain(
                        "new",
                        "--steps",
                        "1",
                        "--tokenizer",
                        temp.resolve("none").toString()));
        says(2, "--ranks: expected 1 to 64, got 0", pretrain("new", "--steps", "1", "--ranks", "0"));
        says(2, "--rendezvous: expected HOST:PORT", pretrain("new", "--steps", "1", "--world", "2", "--rank", "0"));
        says(
                2,
                "--rank: expected it or JOB_COMPLETION_INDEX beside --world, got neither",
                pretrain("new", "--steps", "1", "--world", "2", "--rendezvous", "localhost:29500"));
        says(
                1,
                "a vocabulary of 300",
                pretrain("new", "--steps", "1", "--tokenizer", words, "--shards", other.toString()));
        says(
                1,
                "--shards: expected a folder with shard files",
                pretrain("new", "--steps", "1", "--tokenizer", words, "--shards", temp.toString()));
        assertThat(temp.resolve("new")).doesNotExist();
    }

    private void says(int code, String sentence, String... args) {
        err.getBuffer().setLength(0);
        assertThat(execute(() -> false, args)).as(err.toString()).isEqualTo(code);
        assertThat(err.toString()).contains(sentence).doesNotContain("\tat ");
    }

    /// Or it would start again where nobody waits for it.
    @Test
    void noRankLeavesBeforeTheModelIsThere() throws Exception {
        Path words = Files.createDirectory(temp.resolve("words"));
        Path tokenizer = Files.copy(temp.resolve("shards/tokenizer.json"), words.resolve("tokenizer.json"));
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        String[] run = pretrain(
                "late",
                "--steps",
                "1",
                "--tokenizer",
                words.toString(),
                "--world",
                "2",
                "--rendezvous",
                "127.0.0.1:" + port);
        BooleanSupplier losesTheTokenizer = () -> {
            try {
                Files.deleteIfExists(tokenizer);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return false;
        };

        CompletableFuture<Integer> other =
                CompletableFuture.supplyAsync(() -> execute(() -> false, with(run, "--rank", "1")));
        int first = execute(losesTheTokenizer, with(run, "--rank", "0"));

        assertThat(first).as(err.toString()).isEqualTo(1);
        assertThat(other.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo(TrainFolderCommand.RANK_LOST);
        Files.createFile(temp.resolve("late/config.json")); // as if rank 0 had not been lost
        assertThat(execute(() -> false, with(run, "--rank", "1"))).isZero();
    }

    private static String[] with(String[] run, String... more) {
        return Stream.of(run, more).flatMap(Stream::of).toArray(String[]::new);
    }

    /// Two processes, of which one is killed: the other ends, and goes on alone from what was kept.
    @Test
    void aRankThatIsKilledCostsNoMoreThanItself() throws Exception {
        String[] run = pretrain("two", "--steps", "60", "--precision", "fp32", "--state-interval", "0", "--ranks", "2");
        Path log = temp.resolve("log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                TrainFolderCommand.class.getName()));
        command.addAll(List.of(run));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
        Process launcher = builder.start();
        started.add(launcher);
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> Files.exists(temp.resolve("two/.state/000000000003.state")));

        ProcessHandle second =
                launcher.children().max(Comparator.naturalOrder()).orElseThrow(); // by process id: started last
        second.destroyForcibly();

        assertThat(launcher.waitFor(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(log);
        assertThat(launcher.exitValue()).as(said).isZero();
        assertThat(said)
                .contains(
                        "rank 0 of 2: another rank is gone",
                        "ranks ended with codes [75, 137]; the run goes on with 1");
        assertThat(execute(() -> false, pretrain("one", "--steps", "60", "--precision", "fp32")))
                .isZero();
        JsonNode one = last(out.toString());
        JsonNode two = last(said);
        for (String figure : List.of("loss_nats", "bits_per_byte")) {
            assertThat(two.get(figure).asDouble()).isCloseTo(one.get(figure).asDouble(), within(1e-5));
        }
    }
}
