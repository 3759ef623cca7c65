package org.millrace.tokenizer.command;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardWriter;
import org.millrace.tokenizer.Conversation;
import org.millrace.tokenizer.Document;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.ShardGroup;
import org.millrace.tokenizer.Sharder;
import org.millrace.tokenizer.Split;

/// Shards of one tokenizer in a folder that appears when all of them are there; a batch is at most one shard of each
/// group. Closed before that, it leaves nothing.
final class ShardsFolder implements AutoCloseable {

    /// What belongs to a tokenizer, of which only the first must be there.
    private static final List<String> TOKENIZER_FILES =
            List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json");

    private final Path target;
    private final Path draft;
    private final PublishedTokenizer tokenizer;
    private final double validationShare;
    private final long batchCharacters;
    private Sharder batch;
    private long waiting;
    private int batches;
    private long documents;
    private long conversations;
    private long tokens;
    private long shards;

    /// @param batchCharacters of text, after which a batch is written
    ShardsFolder(Path target, PublishedTokenizer tokenizer, double validationShare, long batchCharacters)
            throws IOException {
        this.target = target;
        this.tokenizer = tokenizer;
        this.validationShare = validationShare;
        this.batchCharacters = batchCharacters;
        this.batch = new Sharder(tokenizer, validationShare);
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null) {
            throw new NoSuchFileException(target.toString());
        }
        Files.createDirectories(parent);
        this.draft = Files.createDirectory(parent.resolve("." + target.getFileName() + "-" + UUID.randomUUID()));
        Files.createDirectory(draft.resolve("validation"));
    }

    void add(Document document) throws IOException {
        batch.add(document);
        documents++;
        added(document.text().length());
    }

    /// @throws IllegalArgumentException if its turns are out of order, or the template refuses them
    void add(Conversation conversation) throws IOException {
        batch.add(conversation);
        conversations++;
        added(conversation.turns().stream()
                .mapToLong(turn -> turn.text().length())
                .sum());
    }

    private void added(long characters) throws IOException {
        waiting += characters;
        if (waiting >= batchCharacters) {
            write();
        }
    }

    private void write() throws IOException {
        for (Map.Entry<ShardGroup, List<Sequence>> group : batch.groups().entrySet()) {
            ShardGroup of = group.getKey();
            String name = of.dataset().isEmpty() ? "documents" : "conversations-" + of.dataset();
            Path folder = of.split() == Split.VALIDATION ? draft.resolve("validation") : draft;
            ShardWriter.write(folder.resolve("%s-%05d".formatted(name, batches)), batch.header(of), group.getValue());
            shards++;
            for (Sequence sequence : group.getValue()) {
                tokens += sequence.tokens().length;
            }
        }
        batches++;
        batch = new Sharder(tokenizer, validationShare);
        waiting = 0;
    }

    /// Writes what is left, puts the tokenizer beside it and gives the folder its name.
    void publish(Path tokenizerFolder) throws IOException {
        write();
        for (String name : TOKENIZER_FILES) {
            if (Files.exists(tokenizerFolder.resolve(name))) {
                Files.copy(tokenizerFolder.resolve(name), draft.resolve(name));
            }
        }
        try {
            Files.move(draft, target);
        } catch (FileAlreadyExistsException e) {
            throw new FileAlreadyExistsException(target.toString(), null, ShardsCommand.NOT_YET);
        }
    }

    long sequences() {
        return documents + conversations;
    }

    long documents() {
        return documents;
    }

    long conversations() {
        return conversations;
    }

    long tokens() {
        return tokens;
    }

    long shards() {
        return shards;
    }

    @Override
    public void close() throws IOException {
        if (Files.isDirectory(draft)) {
            try (Stream<Path> files = Files.walk(draft)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
