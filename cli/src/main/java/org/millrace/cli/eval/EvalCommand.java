package org.millrace.cli.eval;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.StateOption;
import org.millrace.cli.eval.task.Kind;
import org.millrace.cli.eval.task.Task;
import org.millrace.cli.eval.task.TaskReader;
import org.millrace.cli.report.TextReport;
import org.millrace.cli.runtime.TemporaryFolder;
import org.millrace.onnx.Precision;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Measures how good a model is, by tasks in files, and how sure that is.
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        description = {
            "Asks a model the tasks of files (docs/formats/eval.md): bits per byte of texts, multiple choice with calibration,",
            "cloze, free answers, and pairs that show a bias. Each figure comes with an interval of 95 %. The last line is one",
            "JSON object. The model is a name that a running system serves, or a folder, which gets a server for the time."
        })
public final class EvalCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "NAME|DIR",
            description = "A published name, or a Hugging Face folder.")
    @SuppressWarnings("NullAway.Init")
    private String model;

    @Option(
            names = "--against",
            paramLabel = "NAME|DIR",
            description = "Another model: differences item by item, with McNemar's test for shares.")
    private @Nullable String against;

    @Option(
            names = "--task",
            required = true,
            paramLabel = "FILE",
            description = "Lines of JSON (.jsonl), or a text. May be given several times.")
    @SuppressWarnings("NullAway.Init")
    private List<Path> files;

    @Option(
            names = "--shots",
            paramLabel = "K",
            description = "Examples before each item of choice, cloze and exact, from the same file"
                    + " (default: as the file says, else 0).")
    private @Nullable Integer shots;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Ask at most so many items of each file, drawn with the seed (default: all).")
    private @Nullable Integer limit;

    @Option(
            names = "--seed",
            defaultValue = "1234",
            paramLabel = "S",
            description = "Of examples, --limit and resamples (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--stride",
            defaultValue = "0",
            paramLabel = "TOKENS",
            description = "Tokens that each further window of a long text scores (default: half the context).")
    private int stride;

    @Option(
            names = "--bins",
            defaultValue = "10",
            paramLabel = "N",
            description = "Of the calibration, 2 to 100 (default: ${DEFAULT-VALUE}).")
    private int bins;

    @Option(
            names = "--context",
            defaultValue = "1024",
            paramLabel = "TOKENS",
            description = "Of a folder's model, at most (default: ${DEFAULT-VALUE}); memory is reserved for it.")
    private int context;

    @Option(
            names = "--weights",
            paramLabel = "PRECISION",
            description = "fp32, fp16, int8 or int4: how the weights of --model, a folder, are served (default:"
                    + " fp32, on an accelerator fp16). With the same folder as --against it tells what the bits cost.")
    private @Nullable String weights;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the JSON object there too.")
    private @Nullable Path json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        within("--limit", limit == null ? 1 : limit, 1, Integer.MAX_VALUE);
        within("--shots", shots == null ? 0 : shots, 0, 100);
        within("--stride", stride, 0, Integer.MAX_VALUE);
        within("--bins", bins, 2, 100);
        within("--context", context, 16, Integer.MAX_VALUE);
        Optional<Precision> precision = precision();
        List<Task> tasks = tasks();
        try (TemporaryFolder draft = new TemporaryFolder("millrace-eval-");
                ModelSources sources = new ModelSources(state.home(), context, precision, draft.path())) {
            ServedModel here = sources.open("model", model);
            Optional<ServedModel> there =
                    against == null ? Optional.empty() : Optional.of(sources.open("against", against));
            Results results = Results.of(tasks, here, there, new Evaluation.Settings(seed, stride, bins));
            String figures = EvalFigures.json(results);
            System.out.println(TextReport.of(EvalReport.of(results)));
            System.out.println(figures);
            if (json != null) { // last: what took hours is told even if there is no place for it
                Files.writeString(json, figures + "\n", StandardCharsets.UTF_8);
            }
            return 0;
        }
    }

    private Optional<Precision> precision() {
        if (weights == null) {
            return Optional.empty();
        }
        Precision precision;
        try {
            precision = Precision.named(weights);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--weights: " + e.getMessage(), e);
        }
        if (!Files.isDirectory(Path.of(model))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--weights: expected a folder as --model, as a running system decides for itself, got \"%s\""
                            .formatted(model));
        }
        return Optional.of(precision);
    }

    private void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(),
                    most == Integer.MAX_VALUE
                            ? "%s: expected at least %d, got %d".formatted(option, least, value)
                            : "%s: expected %d to %d, got %d".formatted(option, least, most, value));
        }
    }

    private List<Task> tasks() throws IOException {
        List<Task> tasks = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Path file : files) {
            Task task = TaskReader.read(file);
            if (!names.add(task.name())) {
                throw new Failure("--task: expected tasks of different names, got \"%s\" twice".formatted(task.name()));
            }
            if (shots != null && task.kind() != Kind.BITS_PER_BYTE && task.kind() != Kind.BIAS) {
                if (shots >= task.items().size()) {
                    throw new Failure("--shots: expected fewer than the %d items of %s, got %d"
                            .formatted(task.items().size(), file, shots));
                }
                task = task.with(shots);
            }
            tasks.add(limit == null ? task : task.limited(limit, seed));
        }
        return tasks;
    }
}
