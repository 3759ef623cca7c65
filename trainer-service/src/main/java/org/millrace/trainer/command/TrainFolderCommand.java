package org.millrace.trainer.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.RankLost;
import org.millrace.trainer.Rendezvous;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Vocabulary;
import org.millrace.trainer.torch.Alone;
import org.millrace.trainer.torch.GlooRanks;
import org.millrace.trainer.torch.Ranks;
import org.millrace.trainer.torch.TorchTrainer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Trains from a folder of shards, without a broker, in one process or several.
///
/// Exit codes: 0 done, 1 cannot be done for the reason that is told, 2 wrong usage, [#RANK_LOST] another
/// rank is gone or was stopped: started again, the run goes on.
@Command(
        name = "millrace train folder",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        version = "millrace 0.1.0",
        description = "Trains a model from a folder of shards, without a running system. Broken off and started again,"
                + " it goes on where it was. Progress goes to standard error; the last line of standard output is one"
                + " JSON object.",
        footer = {
            "",
            "Exit codes: 0 done, 1 cannot be done, 2 wrong usage, 75 another rank is gone: start again.",
            "",
            "  ./millrace train folder --shards corpus --out base --stage pretrain --depth 6 --steps 2000",
            "  ./millrace train folder --shards chats --base base --out chat --stage sft --steps 500",
            "  ./millrace train folder --shards corpus --out base --stage pretrain --steps 2000 --ranks 2"
        })
public final class TrainFolderCommand implements Callable<Integer> {

    /// As `EX_TEMPFAIL` of sysexits: try again.
    static final int RANK_LOST = 75;

    /// Less than the 30 s that `./millrace` waits for its programs.
    private static final int STOP_SECONDS = 25;

    /// What is trained.
    private enum Stage {
        PRETRAIN,
        SFT
    }

    private enum Precision {
        BF16,
        FP32
    }

    /// Options that the other stage would pass over.
    private static final List<String> OF_PRETRAIN = List.of(
            "--tokenizer",
            "--depth",
            "--context",
            "--learning-rate",
            "--layers",
            "--width",
            "--heads",
            "--kv-heads",
            "--hidden",
            "--rope-theta",
            "--qk-norm",
            "--tied",
            "--evaluations");

    private static final List<String> OF_SFT =
            List.of("--base", "--learning-rate-scale", "--document-weight", "--dataset-weight");

    private final BooleanSupplier stopped;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--shards",
            required = true,
            paramLabel = "DIR",
            description = "Folder of shard files, under any names; those of validation in its folder validation.")
    @SuppressWarnings("NullAway.Init")
    private Path shards;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The model, as a Hugging Face folder; must not be there yet.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--stage",
            required = true,
            paramLabel = "STAGE",
            description = "pretrain (documents, from random weights) or sft (conversations, from --base).")
    @SuppressWarnings("NullAway.Init")
    private Stage stage;

    @Option(names = "--base", paramLabel = "DIR", description = "sft: the model to start from, with its tokenizer.")
    private @Nullable Path base;

    @Option(
            names = "--tokenizer",
            paramLabel = "DIR",
            description = "pretrain: folder with tokenizer.json (default: the shards' folder).")
    private @Nullable Path tokenizer;

    @Option(names = "--validation", paramLabel = "DIR", description = "Shards to measure on (default: DIR/validation).")
    private @Nullable Path validation;

    @Mixin
    private final PlanOptions plan = new PlanOptions();

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            description = "Of matrix products: bf16, or fp32, half as fast (default: bf16).")
    private Precision precision = Precision.BF16;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "That a process computes on; 0: all processors, or this rank's share of them (default: 0).")
    private int threads;

    @Option(
            names = "--state-dir",
            paramLabel = "DIR",
            description = "Where the run keeps its state until it has ended (default: OUT/.state).")
    private @Nullable Path stateDir;

    @Option(
            names = "--state-interval",
            paramLabel = "SECONDS",
            description = "Between two states, 0 to 86,400; 0: after each step (default: 30).")
    private int stateInterval = 30;

    @Mixin
    private final RankOptions ranks = new RankOptions();

    private TrainFolderCommand(BooleanSupplier stopped) {
        this.stopped = stopped;
    }

    public static void main(String[] args) {
        // JavaCPP would end a process that is four times as large as its Java heap may be.
        System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        AtomicBoolean stopped = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            stopped.set(true);
            await(done); // the state of a stopped run
        }));
        int code;
        try {
            code = execute(
                    stopped::get,
                    new PrintWriter(System.out, true, System.out.charset()),
                    new PrintWriter(System.err, true, System.err.charset()),
                    args);
        } finally {
            done.countDown();
        }
        System.exit(code);
    }

    private static void await(CountDownLatch done) {
        try {
            if (!done.await(STOP_SECONDS, TimeUnit.SECONDS)) {
                System.err.println(
                        "millrace train folder: stopped in the middle of a step; the last state kept is older");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// @param stopped asked between steps: true ends the run there
    static int execute(BooleanSupplier stopped, PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new TrainFolderCommand(stopped))
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOverwrittenOptionsAllowed(true) // the launcher adds to what it was given
                .setParameterExceptionHandler((e, _) -> {
                    err.println("millrace train folder: " + e.getMessage());
                    err.println("Try ./millrace train folder --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, _) -> {
                    switch (e) {
                        case FileSystemException file
                        when file.getReason() == null -> say(command, file.getFile() + ": " + words(file));
                        case IOException unreadable -> say(command, String.valueOf(unreadable.getMessage()));
                        case TrainingFailed failed -> say(command, String.valueOf(failed.getMessage()));
                        case RankLost lost -> {
                            say(command, lost.getMessage() + "; started again, the run goes on");
                            return RANK_LOST;
                        }
                        default -> e.printStackTrace(command.getErr());
                    }
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
    }

    /// Java says no more than the file then: `AccessDeniedException` is "access denied".
    private static String words(FileSystemException e) {
        return e.getClass()
                .getSimpleName()
                .replaceFirst("Exception$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }

    private static void say(CommandLine command, String sentence) {
        command.getErr().println("millrace train folder: " + sentence);
        command.getErr().flush();
    }

    @Override
    public Integer call() throws IOException, TrainingFailed, InterruptedException {
        Plan what;
        Optional<Rendezvous> place;
        int local;
        try {
            what = stage == Stage.PRETRAIN ? plan.pretrain() : plan.fineTune();
            local = ranks.local();
            place = ranks.place(System.getenv());
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
        checkStage();
        if (validation != null && !Files.isDirectory(validation)) {
            throw wrong("--validation: expected a folder of shards, got " + validation);
        }
        check("--threads", threads, 1_024);
        check("--state-interval", stateInterval, 86_400);
        if (local > 1) {
            return new LocalRanks(
                            spec.commandLine().getParseResult().originalArgs(),
                            threads,
                            ranks.timeout(),
                            stopped,
                            spec.commandLine().getErr())
                    .run(local);
        }
        return train(what, place);
    }

    private int train(Plan what, Optional<Rendezvous> place) throws IOException, TrainingFailed, InterruptedException {
        boolean first = place.isEmpty() || place.get().rank() == 0;
        if (!first && ModelFolder.holdsModel(out)) { // rank 0 has ended
            say(spec.commandLine(), "the model is there: " + out);
            return 0;
        }
        Path words = tokenizerFolder();
        Vocabulary vocabulary = Vocabulary.read(words);
        checkModel(what, vocabulary);
        Path held = validation == null ? shards.resolve("validation") : validation;
        ShardFolder data = ShardFolder.read(shards, held, vocabulary.size());
        if (!first) {
            try (Ranks together = GlooRanks.join(place.orElseThrow())) {
                return end(run(what, vocabulary, data, together, new OtherRank(stopped)), together);
            }
        }
        Path state = stateDir == null ? ModelFolder.stateOf(out) : stateDir;
        try (ModelFolder folder = ModelFolder.open(out, state, facts(data));
                Ranks together = place.isPresent() ? GlooRanks.join(place.get()) : new Alone()) {
            FolderRun listener = new FolderRun(
                    folder,
                    words,
                    provenance(),
                    Duration.ofSeconds(stateInterval),
                    spec.commandLine().getErr(),
                    stopped);
            return end(run(what, vocabulary, data, together, listener), together);
        }
    }

    private Outcome run(Plan what, Vocabulary vocabulary, ShardFolder data, Ranks together, Listener listener)
            throws IOException, TrainingFailed {
        TorchTrainer trainer = new TorchTrainer(threads, together, precision == Precision.FP32);
        return switch (what) {
            case Plan.Pretrain pretrain ->
                trainer.pretrain(pretrain, vocabulary, data.documents(), data.validationDocuments(), listener);
            case Plan.FineTune fineTune ->
                trainer.fineTune(
                        fineTune,
                        baseFolder(),
                        data.conversations(),
                        data.validationConversations(),
                        fineTune.documentWeight() > 0 ? data.documents() : List.of(),
                        listener);
            case Plan.TrainReward _, Plan.ImprovePolicy _ ->
                throw new IllegalStateException("no stage of this command");
        };
    }

    private int end(Outcome outcome, Ranks together) throws JsonProcessingException {
        if (outcome.cancelled()) {
            say(
                    spec.commandLine(),
                    "stopped after step %,d; started again, the run goes on".formatted(outcome.steps()));
            return RANK_LOST;
        }
        awaitModel(together);
        if (together.rank() == 0) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("model", out.toString());
            json.put("stage", stage.name().toLowerCase(Locale.ROOT));
            json.put("steps", outcome.steps());
            json.put("ranks", together.world());
            json.putAll(outcome.figures());
            PrintWriter lines = spec.commandLine().getOut();
            lines.println(JsonMapper.builder().build().writeValueAsString(json));
            lines.flush();
        }
        return 0;
    }

    /// Nobody leaves before the model is there: if rank 0 is lost until then, all start again together.
    private static void awaitModel(Ranks together) {
        try {
            together.sum(0);
        } catch (RankLost e) {
            if (together.rank() > 0) {
                throw e;
            }
            // Whoever is gone: the model is there.
        }
    }

    private Path tokenizerFolder() {
        if (stage == Stage.SFT) {
            return baseFolder();
        }
        return tokenizer == null ? shards : tokenizer;
    }

    private Path baseFolder() {
        if (base == null) {
            throw wrong("--base: expected the folder of a model to fine-tune, got nothing");
        }
        return base;
    }

    /// Before anything is read or written.
    private void checkModel(Plan what, Vocabulary vocabulary) {
        if (what instanceof Plan.Pretrain pretrain) {
            try {
                Scaling.model(pretrain, vocabulary);
            } catch (IllegalArgumentException e) {
                throw wrong("--depth, --context and the shape: " + e.getMessage());
            }
        }
    }

    /// What a run that was broken off must have in common with one that goes on from it.
    private List<String> facts(ShardFolder data) throws IOException {
        List<String> facts = new ArrayList<>();
        facts.add("stage " + stage);
        for (OptionSpec option : CommandSpec.forAnnotatedObject(plan).options()) {
            Object value = option.getValue() instanceof Map<?, ?> map ? new TreeMap<>(map) : option.getValue();
            facts.add(option.longestName() + " " + value);
        }
        facts.add("precision " + precision);
        if (stage == Stage.SFT) {
            // It has the hash of every file.
            Path manifest = baseFolder().resolve("manifest.json");
            facts.add("base " + MoreFiles.asByteSource(manifest).hash(Hashing.sha256()));
        }
        data.hashes().forEach(hash -> facts.add("shard " + hash));
        return facts;
    }

    private Map<String, String> provenance() {
        Map<String, String> provenance = new TreeMap<>();
        provenance.put("run", String.valueOf(out.toAbsolutePath().getFileName()));
        provenance.put("stage", stage == Stage.PRETRAIN ? "pretrain" : "fine-tune");
        if (base != null) {
            provenance.put("base", base.toString());
        }
        return provenance;
    }

    private void checkStage() {
        for (String option : stage == Stage.SFT ? OF_PRETRAIN : OF_SFT) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw wrong("%s: expected nothing with --stage %s, got %s"
                        .formatted(
                                option,
                                stage.name().toLowerCase(Locale.ROOT),
                                spec.findOption(option).getValue()));
            }
        }
    }

    private void check(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw wrong("%s: expected 0 to %,d, got %,d".formatted(name, most, value));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
