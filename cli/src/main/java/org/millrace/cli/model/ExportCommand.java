package org.millrace.cli.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.Reference;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.CheckpointCorrupt;
import org.millrace.checkpoint.NumberType;
import org.millrace.checkpoint.TensorSource;
import org.millrace.checkpoint.WeightLayout;
import org.millrace.cli.ArtifactsOption;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.model.gguf.GgufModel;
import org.millrace.cli.model.gguf.GgufType;
import org.millrace.cli.model.kafka.ModelLog;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.cli.runtime.TemporaryFolder;
import org.millrace.onnx.DecoderGraph;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Writes a model for others: llama.cpp, transformers and vLLM, ONNX Runtime.
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a model as GGUF (llama.cpp: one file with tokenizer and chat template), as a Hugging Face folder, or as ONNX",
            "(for ONNX Runtime: FILE, and FILE.data with the weights).",
            "The model is a folder, or a published name: the version that was published last."
        })
public final class ExportCommand implements Callable<Integer> {

    enum Format {
        GGUF,
        HUGGINGFACE,
        ONNX
    }

    enum NumberFormat {
        F32,
        F16,
        BF16,
        Q8_0
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(names = "--format", required = true, description = "One of ${COMPLETION-CANDIDATES}, in any case.")
    @SuppressWarnings("NullAway.Init")
    private Format format;

    @Option(names = "--model", required = true, paramLabel = "DIR|NAME", description = "A folder, or a published name.")
    @SuppressWarnings("NullAway.Init")
    private String model;

    @Option(
            names = "--type",
            defaultValue = "f32",
            description =
                    "Of the matrices: F32 (default), F16; BF16 for huggingface, Q8_0 for gguf; only F32 for onnx.")
    @SuppressWarnings("NullAway.Init")
    private NumberFormat type;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "What is written; must not exist.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--shard-bytes",
            paramLabel = "BYTES",
            description = "Of huggingface: largest file of weights, unless a tensor is larger (default: 5000000000).")
    private long shardBytes = WeightLayout.SHARD_BYTES;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ArtifactsOption artifacts;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Override
    public Integer call() throws IOException {
        check();
        Path parent = out.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Path draft = Drafts.create(log);
        try (Checkpoint opened = open(draft)) {
            switch (format) {
                case GGUF -> {
                    if (!GgufModel.write(opened, name(), GgufType.valueOf(type.name()), out)) {
                        System.out.println("llama.cpp has no split pattern with numbers of two digits: it may read"
                                + " longer numbers as other tokens than the model learned.");
                    }
                }
                case HUGGINGFACE ->
                    Checkpoint.write(
                            out,
                            opened.config(),
                            tensors(opened),
                            new WeightLayout(NumberType.valueOf(type.name()), shardBytes),
                            opened.directory(),
                            opened.provenance());
                case ONNX -> DecoderGraph.export(opened, out);
            }
            System.out.printf(
                    "%s: %,d parameters as %s in %s%n", out, opened.config().parameters(), type, format);
            return 0;
        } catch (CheckpointCorrupt | ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        } catch (KafkaException e) {
            throw new Failure("Could not read the log: " + e.getMessage(), e);
        } finally {
            TemporaryFolder.delete(draft);
        }
    }

    private void check() {
        boolean fits =
                switch (type) {
                    case F32 -> true;
                    case F16 -> format != Format.ONNX;
                    case BF16 -> format == Format.HUGGINGFACE;
                    case Q8_0 -> format == Format.GGUF;
                };
        if (!fits) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--type: expected %s for %s, got %s"
                            .formatted(
                                    switch (format) {
                                        case GGUF -> "F32, F16 or Q8_0";
                                        case HUGGINGFACE -> "F32, F16 or BF16";
                                        case ONNX -> "F32";
                                    },
                                    format,
                                    type));
        }
        if (shardBytes < 1) {
            throw new ParameterException(spec.commandLine(), "--shard-bytes: expected at least 1, got " + shardBytes);
        }
        if (Files.exists(out)) {
            throw new Failure("--out: expected a place where nothing is, %s exists.".formatted(out));
        }
    }

    private Checkpoint open(Path draft) throws IOException {
        Path folder = Path.of(model);
        if (Files.isDirectory(folder)) {
            return Files.exists(folder.resolve("manifest.json"))
                    ? Checkpoint.open(folder)
                    : Checkpoint.openForeign(folder);
        }
        try (LocalLog opened = log.open()) {
            SortedMap<String, Reference> files = new ModelLog(opened.bootstrapServers())
                    .newest(model)
                    .orElseThrow(() -> new Failure(
                            "--model: expected a folder or a published name, \"%s\" is neither.".formatted(model)));
            return Checkpoint.open(
                    artifacts.required(log, draft.resolve("cache")).materialise(files, draft.resolve("model")));
        }
    }

    private static SortedMap<String, TensorSource> tensors(Checkpoint model) {
        var tensors = new TreeMap<>(model.weights().tensors());
        tensors.keySet().retainAll(model.config().tensors().keySet()); // without a head that is tied
        return tensors;
    }

    private String name() {
        return String.valueOf(Path.of(model).toAbsolutePath().normalize().getFileName());
    }
}
