package org.millrace.shards.export;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.millrace.shards.Shard;

/// The token files of datatrove: `.ds` with the ids, and beside it `.ds.index`, `.ds.metadata` and, if
/// there is a loss mask, `.ds.loss`. See docs/formats/shards.md.
public final class Datatrove {

    private static final String PREFIXES = "kMGTPE";

    private Datatrove() {}

    /// As [#write(Path, List, Predicate)], all sequences.
    public static void write(Path file, List<Path> shards) throws IOException {
        write(file, shards, id -> true);
    }

    /// Writes the sequences of all shards, in this order. The file with the ids gets its name last, and
    /// one that was there loses it first: so where there are ids, the files beside them are theirs.
    ///
    /// @param file ending in `.ds`; the others are named after it
    /// @param shards of one tokenizer, all with a loss mask or all without
    /// @param takes which sequences are written, by their ids; asked once for each
    /// @throws IOException if a shard cannot be read or a file not be written
    /// @throws IllegalArgumentException if the shards do not fit together
    public static void write(Path file, List<Path> shards, Predicate<String> takes) throws IOException {
        if (!file.toString().endsWith(".ds")) {
            throw new IllegalArgumentException("file: expected a name that ends in .ds, got " + file);
        }
        try (Draft ids = new Draft(file);
                Draft index = new Draft(beside(file, "index"));
                Draft loss = new Draft(beside(file, "loss"));
                Draft metadata = new Draft(beside(file, "metadata"))) {
            long tokens = 0;
            Alike alike = new Alike();
            for (Path path : shards) {
                try (Shard shard = Shard.open(path)) {
                    alike.check(path, shard);
                    ByteBuffer ends = littleEndian(Math.multiplyExact(shard.sequences(), Long.BYTES));
                    for (int i = 0; i < shard.sequences(); i++) {
                        if (takes.test(shard.id(i))) {
                            ids.write(shard.ids(i));
                            tokens += shard.length(i);
                            ends.putLong(tokens);
                            if (shard.isMasked()) {
                                loss.write(loss(shard.targets(i)));
                            }
                        }
                    }
                    index.write(ends.flip());
                }
            }
            String about = "%s|%d\n%d\n%s".formatted(alike.tokenizer(), alike.bytesPerToken(), tokens, rounded(tokens));
            metadata.write(ByteBuffer.wrap(about.getBytes(StandardCharsets.UTF_8)));

            ids.finish();
            Files.deleteIfExists(file);
            index.publish();
            metadata.publish();
            if (alike.isMasked()) {
                loss.publish();
            } else {
                Files.deleteIfExists(beside(file, "loss"));
            }
            ids.publish();
        }
    }

    private static Path beside(Path file, String ending) {
        return file.resolveSibling(file.getFileName() + "." + ending);
    }

    private static ByteBuffer littleEndian(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer loss(boolean[] targets) {
        ByteBuffer loss = ByteBuffer.allocate(targets.length);
        for (boolean target : targets) {
            loss.put((byte) (target ? 1 : 0));
        }
        return loss.flip();
    }

    /// Three digits and a prefix, for people: "1.50 kT" are 1,500 tokens.
    static String rounded(long tokens) {
        int exponent = Long.toString(tokens).length() - 1;
        int thousands = exponent / 3;
        String digits = new BigDecimal(tokens / Math.pow(1_000, thousands))
                .setScale(2 - exponent % 3, RoundingMode.HALF_EVEN)
                .toPlainString();
        return digits + " " + (thousands == 0 ? "" : PREFIXES.charAt(thousands - 1)) + "T";
    }
}
