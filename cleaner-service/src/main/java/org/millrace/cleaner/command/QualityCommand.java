package org.millrace.cleaner.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.millrace.cleaner.quality.QualityTraining;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Trains the quality classifier on labelled lines, and says how well it does on those that it was not
/// shown. The last line is one JSON object.
@Command(
        name = "millrace data train-quality",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains the classifier that scores the quality of texts, on lines that a person has labelled.",
        footer = {
            "",
            "A line is a JSON object with \"text\" and \"label\", or the label, a tab and the",
            "text. A label is a number from 0 (bad) to 1 (good), or one of the words good",
            "and bad. One text in ten is held out to measure.",
            "",
            "The cleaner uses the model with MILLRACE_CLEANER_QUALITY_MODEL=FILE, and drops",
            "nothing by it unless MILLRACE_CLEANER_QUALITY_MINIMUM_SCORE is set.",
            "",
            "  ./millrace data train-quality --in labelled.jsonl --out quality.model"
        })
public final class QualityCommand implements Callable<Integer> {

    private static final Map<String, Double> LABELS = Map.of("good", 1.0, "bad", 0.0, "true", 1.0, "false", 0.0);

    private final ObjectMapper json = new ObjectMapper();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(names = "--in", required = true, paramLabel = "FILE", description = "Labelled lines, UTF-8.")
    @SuppressWarnings("NullAway.Init")
    private Path in;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where the model is written.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--epochs",
            defaultValue = "10",
            paramLabel = "N",
            description = "Times that each text is learned from, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "N",
            description = "Of the order in which texts are learned (default: ${DEFAULT-VALUE}).")
    private long seed;

    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static int execute(String... args) {
        return new CommandLine(new QualityCommand())
                .setExecutionExceptionHandler((e, command, _) -> {
                    command.getErr().println("millrace data train-quality: " + e.getMessage());
                    return 1;
                })
                .execute(args);
    }

    @Override
    public Integer call() throws IOException {
        if (epochs < 1 || epochs > 1000) {
            throw new ParameterException(spec.commandLine(), "--epochs: expected 1 to 1000, got " + epochs);
        }
        QualityTraining training = new QualityTraining(epochs, seed);
        try (BufferedReader lines = Files.newBufferedReader(in)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    add(training, line, in + ", line " + number + ": ");
                }
            }
        }
        QualityTraining.Trained trained = training.train();
        trained.model().write(out);
        System.out.printf(
                Locale.ROOT,
                "%d texts learned from, %d held out: %.1f %% right, AUC %.4f%n"
                        + "{\"examples\": %d, \"held_out\": %d, \"accuracy\": %.4f, \"auc\": %.4f, \"model\": %s}%n",
                trained.examples(),
                trained.heldOut(),
                100 * trained.accuracy(),
                trained.auc(),
                trained.examples(),
                trained.heldOut(),
                trained.accuracy(),
                trained.auc(),
                json.writeValueAsString(out.toString()));
        return 0;
    }

    private void add(QualityTraining training, String line, String where) throws IOException {
        if (line.startsWith("{")) {
            JsonNode node;
            try {
                node = json.readTree(line);
            } catch (JsonProcessingException e) {
                throw new IOException(where + e.getOriginalMessage(), e);
            }
            if (!node.path("text").isTextual() || !node.path("label").isValueNode()) {
                throw new IOException(where + "expected the fields \"text\" and \"label\"");
            }
            training.add(node.path("text").textValue(), label(node.path("label").asText(), where));
            return;
        }
        int tab = line.indexOf('\t');
        if (tab < 0) {
            throw new IOException(where + "expected a JSON object, or a label, a tab and a text");
        }
        training.add(line.substring(tab + 1), label(line.substring(0, tab).strip(), where));
    }

    private static double label(String label, String where) throws IOException {
        Double word = LABELS.get(label.toLowerCase(Locale.ROOT));
        if (word != null) {
            return word;
        }
        try {
            double number = Double.parseDouble(label);
            if (number >= 0 && number <= 1) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IOException(where + "label: expected a number from 0 to 1, good or bad, got \"" + label + "\"");
    }
}
