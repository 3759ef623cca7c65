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
    static double bitsPerByte(Decoder decoder, List<Example> documents) {
        List<Row> rows = Packing.stream(documents, decoder.config().context(), new Random(0));
        double bytes = documents.stream().mapToLong(Example::textBytes).sum();
        return total(decoder, rows).nats() / (Math.log(2) * bytes);
    }

    /// Mean nats of the targets of conversations.
    static double nats(Decoder decoder, List<Example> conversations) {
        Total total =
                total(decoder, Packing.whole(conversations, decoder.config().context(), new Random(0)));
        return total.nats() / total.labels();
    }

    private record Total(double nats, long labels) {}

    private static Total total(Decoder decoder, List<Row> rows) {
        double nats = 0;
        long labels = 0;
        for (int start = 0; start < rows.size(); start += ROWS) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                Batch batch = Batch.of(rows.subList(start, Math.min(rows.size(), start + ROWS)));
                nats += batch.nats(decoder).sum().item_double();
                labels += batch.count();
            }
        }
        return new Total(nats, labels);
    }
}
