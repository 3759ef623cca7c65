package org.millrace.trainer.torch;

import org.bytedeco.pytorch.Tensor;

/// One step of gradient descent.
///
/// @param loss nats, before the step
/// @param norm of all gradients, before clipping
record Step(double loss, double norm) {

    /// Forward, backward, update. A loss that is not finite changes nothing.
    static Step on(Batch batch, Decoder decoder, Optimizer optimizer, double factor) {
        double loss = batch.backward(decoder);
        return new Step(loss, Double.isFinite(loss) ? optimizer.step(factor) : Double.NaN);
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
