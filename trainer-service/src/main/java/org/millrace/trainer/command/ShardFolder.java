package org.millrace.trainer.command;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.millrace.shards.Shard;
import org.millrace.shards.ShardHeader;
import org.millrace.trainer.Example;
import org.millrace.trainer.Examples;
import org.millrace.trainer.TrainingFailed;

/// The shards of a folder and of its folder `validation`: every file that begins as a shard does,
/// whatever its name. Two with the same bytes count once; the order is that of their hashes, so names
/// do not matter.
///
/// @param conversations to train on, by data set
/// @param hashes SHA-256 of each shard, lowercase hex; those of validation behind a `v`
record ShardFolder(
        List<Example> documents,
        List<Example> validationDocuments,
        Map<String, List<Example>> conversations,
        List<Example> validationConversations,
        List<String> hashes) {

    private static final byte[] MAGIC = "MILLSHRD".getBytes(US_ASCII);
    private static final int HASH = 32;

    /// @param validation folder of shards that are not trained on; need not be there
    /// @param vocabulary ids of the tokenizer
    /// @throws TrainingFailed if there is no shard, or one of another tokenizer than the first
    static ShardFolder read(Path folder, Path validation, int vocabulary) throws IOException, TrainingFailed {
        ShardFolder read = new ShardFolder(
                new ArrayList<>(), new ArrayList<>(), new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        Optional<ShardHeader> first = read.add(files(folder), true, vocabulary, Optional.empty());
        if (first.isEmpty()) {
            throw new TrainingFailed("--shards: expected a folder with shard files, got " + folder);
        }
        read.add(files(validation), false, vocabulary, first);
        return read;
    }

    private Optional<ShardHeader> add(
            SortedMap<String, Path> files, boolean training, int vocabulary, Optional<ShardHeader> known)
            throws IOException, TrainingFailed {
        Optional<ShardHeader> first = known;
        for (Map.Entry<String, Path> file : files.entrySet()) {
            try (Shard shard = Shard.open(file.getValue())) {
                ShardHeader header = shard.header();
                check(file.getValue(), header, vocabulary, first.orElse(header));
                first = Optional.of(first.orElse(header));
                boolean documents = header.kind() == ShardHeader.Kind.DOCUMENTS;
                List<Example> destination;
                if (training) {
                    destination = documents
                            ? this.documents
                            : conversations.computeIfAbsent(header.dataset(), name -> new ArrayList<>());
                } else {
                    destination = documents ? validationDocuments : validationConversations;
                }
                destination.addAll(Examples.of(shard));
            }
            hashes.add((training ? "" : "v") + file.getKey());
        }
        return first;
    }

    private static void check(Path file, ShardHeader header, int vocabulary, ShardHeader first) throws TrainingFailed {
        if (header.vocabularySize() != vocabulary) {
            throw new TrainingFailed("%s: expected ids of the tokenizer, which has %d, got a vocabulary of %d"
                    .formatted(file, vocabulary, header.vocabularySize()));
        }
        if (!header.tokenizer().equals(first.tokenizer()) || header.tokenizerVersion() != first.tokenizerVersion()) {
            throw new TrainingFailed("%s: expected tokenizer %s:%d as the first shard has, got %s:%d"
                    .formatted(
                            file,
                            first.tokenizer(),
                            first.tokenizerVersion(),
                            header.tokenizer(),
                            header.tokenizerVersion()));
        }
    }

    /// By the hash that ends each; opening a shard checks it.
    private static SortedMap<String, Path> files(Path folder) throws IOException {
        SortedMap<String, Path> shards = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return shards;
        }
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
                byte[] magic = new byte[MAGIC.length];
                byte[] hash = new byte[HASH];
                if (bytes.length() < MAGIC.length + HASH) {
                    continue;
                }
                bytes.readFully(magic);
                bytes.seek(bytes.length() - HASH);
                bytes.readFully(hash);
                if (Arrays.equals(magic, MAGIC)) {
                    shards.putIfAbsent(HexFormat.of().formatHex(hash), file);
                }
            }
        }
        return shards;
    }
}
