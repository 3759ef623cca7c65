package org.millrace.shards.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.millrace.shards.Shard;

/// The token file of llm.c, `.bin`: ids one behind the other, a document beginning where its
/// `<|bos|>` is. See docs/formats/shards.md.
public final class LlmC {

    private static final int HEADER_BYTES = 256 * Integer.BYTES;

    private LlmC() {}

    /// Writes the ids of all shards, in this order, to one file. It is there when all of it is, in place
    /// of one that was; if this throws, that one stays.
    ///
    /// @param shards of one tokenizer, without a loss mask: the format has none, and a model that learns
    ///     the users' part as well is another model
    /// @throws IOException if a shard cannot be read or the file not be written
    /// @throws IllegalArgumentException if the shards do not fit together, or the format
    public static void write(Path file, List<Path> shards) throws IOException {
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
                    tokens += shard.tokenCount();
                    if (tokens > Integer.MAX_VALUE) {
                        throw new IllegalArgumentException(
                                "tokens: expected at most %d in a file of llm.c, got %d with %s"
                                        .formatted(Integer.MAX_VALUE, tokens, path));
                    }
                    draft.write(shard.ids());
                }
            }
            draft.overwrite(header(alike.bytesPerToken(), (int) tokens));
            draft.publish();
        }
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
