package org.millrace.cli.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.cli.ArtifactsOption;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.model.kafka.ModelLog;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.cli.runtime.TemporaryFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Publishes a model that others trained, as if it had been trained here.
@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Reads open weights (config.json, safetensors, tokenizer.json; Llama and Qwen3) from a folder, checks all of it,",
            "stores it and publishes it under a name: inference serves it, and fine-tuning and PPO start from it (`base`).",
            "Nothing in the folder is executed. A model without a chat template gets our tokens of conversations: fine-tune it before",
            "you chat with it."
        })
public final class ImportCommand implements Callable<Integer> {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "A Hugging Face folder.")
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Option(names = "--name", required = true, paramLabel = "NAME", description = "Name of the model: [a-z0-9-]{1,64}.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            description = "Name of its tokenizer, if that is new here (default: the model's).")
    private @Nullable String tokenizer;

    @Option(
            names = "--context",
            defaultValue = "1024",
            paramLabel = "TOKENS",
            description =
                    "Tokens to look back on, at most (default: ${DEFAULT-VALUE}); the server reserves memory for them.")
    private int context;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ArtifactsOption artifacts;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Override
    public Integer call() throws IOException {
        String tokenizerName = tokenizer == null ? name : tokenizer;
        checkName("--name", name);
        checkName("--tokenizer", tokenizerName);
        if (context < 16) {
            throw new ParameterException(
                    spec.commandLine(), "--context: expected at least 16, got %d".formatted(context));
        }
        if (!Files.isDirectory(dir)) {
            throw new Failure("DIR: expected a folder, got %s".formatted(dir));
        }
        Path draft = Drafts.create(log);
        try (LocalLog opened = log.open()) {
            ArtifactStore store = artifacts.required(log, draft.resolve("cache"));
            FolderModel.Published published = FolderModel.publish(
                    dir,
                    new FolderModel.As(name, tokenizerName, context, true),
                    Files.createDirectory(draft.resolve("made")),
                    store,
                    opened.bootstrapServers());
            tell(published.made(), published.said());
            return 0;
        } catch (KafkaException e) {
            throw new Failure("Could not write to the log: " + e.getMessage(), e);
        } finally {
            TemporaryFolder.delete(draft);
        }
    }

    private void tell(OpenWeights.Imported made, ModelLog.Said said) {
        System.out.printf(
                "%s version %d: %,d parameters, context %d (%,d bytes of cache a slot), tokenizer %s version %d%s%n",
                name,
                said.modelVersion(),
                made.config().parameters(),
                made.config().context(),
                cacheBytes(made.config()),
                said.tokenizer(),
                said.tokenizerVersion(),
                said.newTokenizer() ? " (new)" : "");
        if (made.tokenizerTaught()) {
            System.out.println(
                    "It has no chat template, so conversations are new to it: fine-tune it before you chat with it.");
        }
    }

    /// Keys and values of every layer, fp32: 2 · 4 · layers · K · D · T.
    private static long cacheBytes(ModelConfig config) {
        return 2L * Float.BYTES * config.layers() * config.kvHeads() * config.headWidth() * config.context();
    }

    private void checkName(String option, String value) {
        if (!NAME.matcher(value).matches()) {
            throw new ParameterException(
                    spec.commandLine(), "%s: expected %s, got \"%.80s\"".formatted(option, NAME.pattern(), value));
        }
    }
}
