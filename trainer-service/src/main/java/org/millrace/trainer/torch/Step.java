package org.millrace.trainer.torch;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.Row;

/// One step of gradient descent.
///
/// @param loss nats, before the step
/// @param norm of all gradients, before clipping
/// @param outlier whether it stood out, and so changed nothing
record Step(double loss, double norm, boolean outlier) {

    Step(double loss, double norm) {
        this(loss, norm, false);
    }

    /// A step of this process alone.
    ///
    /// @param atOnce rows that go through the model at once; the gradients of more add up
    static Step on(
            List<Row> rows,
            List<Row> mixedIn,
            double share,
            int atOnce,
            Decoder decoder,
            Optimizer optimizer,
            Outliers outliers,
            double factor) {
        return on(new OwnGradients(decoder, atOnce), rows, mixedIn, share, optimizer, outliers, factor);
    }

    /// Forward, backward, update on rows of two kinds, see [Batch#of(List, List, double)]. A loss
    /// that is not finite or stands out changes nothing.
    ///
    /// Ranks have the same loss and the same gradients to the bit, so they decide alike.
    static Step on(
            Gradients gradients,
            List<Row> rows,
            List<Row> mixedIn,
            double share,
            Optimizer optimizer,
            Outliers outliers,
            double factor) {
        double loss = gradients.backward(rows, mixedIn, share);
        if (!Double.isFinite(loss)) {
            optimizer.clear(); // of the parts that were
            return new Step(loss, Double.NaN);
        }
        boolean[] outlier = new boolean[1];
        double norm = optimizer.step(factor, found -> outlier[0] = outliers.has(loss, found));
        return new Step(loss, norm, outlier[0]);
    }

    /// Backward and update.
    static Step on(Tensor loss, Optimizer optimizer, double factor) {
        double value = loss.item_double();
        if (!Double.isFinite(value)) {
            return new Step(value, Double.NaN);
        }
        loss.backward();
        return new Step(value, optimizer.step(factor));
    }
}
