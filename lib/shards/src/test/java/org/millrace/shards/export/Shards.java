package org.millrace.shards.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;

/// Shards to export, each in a file of its own.
final class Shards {

    private final Path dir;
    private int written;

    Shards(Path dir) {
        this.dir = dir;
    }

    Path documents(int vocabulary, List<Sequence> sequences) throws IOException {
        return documents("atlas", 3, vocabulary, sequences);
    }

    Path documents(String tokenizer, long version, int vocabulary, List<Sequence> sequences) throws IOException {
        return write(new ShardHeader(ShardHeader.Kind.DOCUMENTS, tokenizer, version, "", vocabulary), sequences);
    }

    Path conversations(int vocabulary, List<Sequence> sequences) throws IOException {
        return write(new ShardHeader(ShardHeader.Kind.CONVERSATIONS, "atlas", 3, "qa", vocabulary), sequences);
    }

    private Path write(ShardHeader header, List<Sequence> sequences) throws IOException {
        Path file = dir.resolve("%d.shard".formatted(written++));
        ShardWriter.write(file, header, sequences);
        return file;
    }
}
