package org.millrace.shards.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.millrace.shards.Shard;

/// The token file of llm.c, `.bin`: ids one behind the other, a document beginning where its
/// `<|bos|>` is. See docs/formats/shards.md.
public final class LlmC {

    private static final int HEADER_BYTES = 256 * Integer.BYTES;

    private LlmC() {}

    /// As [#write(Path, List, Predicate)], all sequences.
    public static void write(Path file, List<Path> shards) throws IOException {
        write(file, shards, id -> true);
    }

    /// Writes the ids of all shards, in this order, to one file. It is there when all of it is, in place
    /// of one that was; if this throws, that one stays.
    ///
    /// @param shards of one tokenizer, without a loss mask: the format has none, and a model that learns
    ///     the users' part as well is another model
    /// @param takes which sequences are written, by their ids; asked once for each
    /// @throws IOException if a shard cannot be read or the file not be written
    /// @throws IllegalArgumentException if the shards do not fit together, or the format
    public static void write(Path file, List<Path> shards, Predicate<String> takes) throws IOException {
        try (Draft draft = new Draft(file)) {
            draft.write(ByteBuffer.allocate(HEADER_BYTES));
            long tokens = 0;
            Alike alike = new Alike();
            for (Path path : shards) {
                try (Shard shard = Shard.open(path)) {
                    alike.check(path, shard);
                    if (shard.isMasked()) {
                        throw new IllegalArgumentException(
                                path
                                        + ": expected a shard without a loss mask, which the format cannot hold, got one with it");
                    }
                    tokens += write(draft, shard, takes);
                    if (tokens > Integer.MAX_VALUE) {
                        throw new IllegalArgumentException(
                                "tokens: expected at most %d in a file of llm.c, got %d with %s"
                                        .formatted(Integer.MAX_VALUE, tokens, path));
                    }
                }
            }
            draft.overwrite(header(alike.bytesPerToken(), (int) tokens));
            draft.publish();
        }
    }

    /// @return how many ids
    private static long write(Draft draft, Shard shard, Predicate<String> takes) throws IOException {
        long tokens = 0;
        for (int i = 0; i < shard.sequences(); i++) {
            if (takes.test(shard.id(i))) {
                draft.write(shard.ids(i));
                tokens += shard.length(i);
            }
        }
        return tokens;
    }

    /// The magic and the version say how wide an id is.
    private static ByteBuffer header(int bytesPerToken, int tokens) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (bytesPerToken == 2) {
            header.putInt(20_240_520).putInt(1);
        } else {
            header.putInt(20_240_801).putInt(7);
        }
        return header.putInt(tokens).rewind();
    }
}
