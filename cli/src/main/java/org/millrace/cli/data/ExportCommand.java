package org.millrace.cli.data;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cli.ArtifactsOption;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.data.kafka.Lineage;
import org.millrace.cli.data.kafka.LogFacts;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.export.Datatrove;
import org.millrace.shards.export.LlmC;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Token files for other programs, of the shards that the log names or of those in a folder.
@Command(
        name = "export",
        description = {
            "Writes shards as the token files of llm.c (one .bin) or datatrove (.ds and what lies beside it). Takes the shards",
            "of one tokenizer's version from the log of a system that is up or stopped, without the documents that are taken",
            "back by now; or all of a folder, without a log. A file gets its name when all of it is there."
        })
final class ExportCommand implements Callable<Integer> {

    /// What other programs read.
    private enum Format {
        LLM_C("llm.c", ".bin"),
        DATATROVE("datatrove", ".ds");

        private final String label;
        private final String ending;

        Format(String label, String ending) {
            this.label = label;
            this.ending = ending;
        }

        void write(Path file, List<Path> shards, Predicate<String> takes) throws IOException {
            switch (this) {
                case LLM_C -> LlmC.write(file, shards, takes);
                case DATATROVE -> Datatrove.write(file, shards, takes);
            }
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    /// Without the other standard option: --version is the tokenizer's here.
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Option(names = "--format", required = true, paramLabel = "FORMAT", description = "llm.c or datatrove.")
    @SuppressWarnings("NullAway.Init")
    private String format;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the files go; made if missing.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(names = "--shards", paramLabel = "DIR", description = "A folder of shard files instead of a log.")
    private @Nullable Path folder;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            description = "Whose shards (default: the tokenizer that has written the newest).")
    private @Nullable String tokenizer;

    @Option(names = "--version", paramLabel = "N", description = "Of the tokenizer (default: its newest with shards).")
    private @Nullable Long version;

    @Option(names = "--split", paramLabel = "SPLIT", description = "train or validation (default: train).")
    private WrittenShard.@Nullable Split split;

    @Option(names = "--kind", paramLabel = "KIND", description = "documents or conversations (default: documents).")
    private ShardHeader.@Nullable Kind kind;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ArtifactsOption artifacts;

    private long taken;
    private long leftOut;

    @Override
    public Integer call() throws IOException {
        Format wanted = Stream.of(Format.values())
                .filter(one -> one.label.equals(format))
                .findAny()
                .orElseThrow(() -> wrong("--format: expected llm.c or datatrove, got \"%s\"".formatted(format)));
        if (folder == null) {
            try (LocalLog opened = log.open()) {
                exportLog(wanted, opened.bootstrapServers());
            }
        } else {
            if (tokenizer != null || version != null || split != null || kind != null) {
                throw wrong("--shards: expected no --tokenizer, --version, --split or --kind beside it, for all of the"
                        + " folder is written, got one");
            }
            write(wanted, "shards", files(folder), id -> false);
        }
        return 0;
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Failure("--shards: expected a folder, got " + folder);
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> shards = files.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
            if (shards.isEmpty()) {
                throw new Failure("--shards: expected a folder of shard files, got an empty one: " + folder);
            }
            return shards;
        }
    }

    private void exportLog(Format wanted, String bootstrap) throws IOException {
        List<WrittenShard> shards;
        Predicate<String> takenBack;
        try (Lineage lineage = new Lineage(bootstrap);
                LogFacts facts = new LogFacts(bootstrap)) {
            shards = chosen(lineage.shards());
            takenBack = facts.takenBack();
        } catch (KafkaException e) {
            throw new Failure("Could not read the log at %s: %s".formatted(bootstrap, e.getMessage()), e);
        }
        ArtifactStore store = artifacts.required(log);
        List<Path> files = new ArrayList<>();
        for (WrittenShard shard : shards) {
            try {
                files.add(store.fetch(shard.sha256(), shard.length()));
            } catch (ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) {
                throw new Failure("A shard that the log names cannot be had: " + e.getMessage(), e);
            }
        }
        WrittenShard first = shards.getFirst();
        write(
                wanted,
                "%s-%d-%s%s"
                        .formatted(
                                first.tokenizer(),
                                first.tokenizerVersion(),
                                first.kind() == ShardHeader.Kind.DOCUMENTS ? "" : "conversations-",
                                first.split()),
                files,
                takenBack);
    }

    /// Of the newest tokenizer and version among those that the options leave.
    private List<WrittenShard> chosen(List<WrittenShard> all) {
        WrittenShard.Split ofSplit = split == null ? WrittenShard.Split.TRAIN : split;
        ShardHeader.Kind ofKind = kind == null ? ShardHeader.Kind.DOCUMENTS : kind;
        List<WrittenShard> left = all.stream()
                .filter(shard -> shard.split() == ofSplit && shard.kind() == ofKind)
                .filter(shard -> tokenizer == null || shard.tokenizer().equals(tokenizer))
                .filter(shard -> version == null || shard.tokenizerVersion() == version)
                .toList();
        String name = left.stream()
                .max(Comparator.comparingLong(WrittenShard::writtenAtMs))
                .map(WrittenShard::tokenizer)
                .orElseThrow(() -> new Failure("There is no shard of %s, %s split%s%s, among the %d on the log."
                        .formatted(
                                ofKind.name().toLowerCase(Locale.ROOT),
                                ofSplit,
                                tokenizer == null ? "" : ", tokenizer " + tokenizer,
                                version == null ? "" : ", version " + version,
                                all.size())));
        List<WrittenShard> ofName =
                left.stream().filter(shard -> shard.tokenizer().equals(name)).toList();
        long newest =
                ofName.stream().mapToLong(WrittenShard::tokenizerVersion).max().orElseThrow();
        return ofName.stream()
                .filter(shard -> shard.tokenizerVersion() == newest)
                .toList();
    }

    private void write(Format wanted, String name, List<Path> shards, Predicate<String> takenBack) throws IOException {
        try {
            Files.createDirectories(out);
        } catch (FileAlreadyExistsException e) {
            throw new Failure("--out: expected a folder, got the file " + out, e);
        }
        Path file = out.resolve(name + wanted.ending);
        try {
            wanted.write(file, shards, id -> {
                boolean takes = !takenBack.test(id);
                taken += takes ? 1 : 0;
                leftOut += takes ? 0 : 1;
                return takes;
            });
        } catch (IllegalArgumentException e) { // of shards that do not fit together, or the format
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
        System.out.printf(
                "%s: %d sequences of %d shards; %d that were taken back are left out%n",
                file, taken, shards.size(), leftOut);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
