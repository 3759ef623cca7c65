package org.millrace.trainer.torch;

import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.millrace.trainer.Example;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;

/// Measures a model on examples it does not train on.
final class Evaluation {

    private static final int ROWS = 32;

    private Evaluation() {}

    /// `Σ nats / (ln 2 · Σ bytes)` of documents: how well text is predicted, whatever the
    /// vocabulary. The id that starts a document is neither predicted nor counted as bytes.
    ///
    /// @param ranks that measure together, each its batches
    static double bitsPerByte(Decoder decoder, List<Example> documents, Ranks ranks) {
        List<Row> rows = Packing.stream(documents, decoder.config().context(), new Random(0));
        double bytes = documents.stream().mapToLong(Example::textBytes).sum();
        return total(decoder, rows, ranks).nats() / (Math.log(2) * bytes);
    }

    /// The same measured by this process alone.
    static double bitsPerByte(Decoder decoder, List<Example> documents) {
        return bitsPerByte(decoder, documents, new Alone());
    }

    /// Mean nats of the targets of conversations.
    static double nats(Decoder decoder, List<Example> conversations, Ranks ranks) {
        Total total =
                total(decoder, Packing.whole(conversations, decoder.config().context(), new Random(0)), ranks);
        return total.nats() / total.labels();
    }

    /// The same measured by this process alone.
    static double nats(Decoder decoder, List<Example> conversations) {
        return nats(decoder, conversations, new Alone());
    }

    private record Total(double nats, double labels) {}

    private static Total total(Decoder decoder, List<Row> rows, Ranks ranks) {
        double nats = 0;
        long labels = 0;
        for (int start = ROWS * ranks.rank(); start < rows.size(); start += ROWS * ranks.world()) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Batch batch = Batch.of(rows.subList(start, Math.min(rows.size(), start + ROWS)));
                nats += batch.nats(decoder).sum().item_double();
                labels += batch.count();
            }
        }
        double[] sums = ranks.sum(nats, labels);
        return new Total(sums[0], sums[1]);
    }
}
