package org.millrace.trainer.torch;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.millrace.trainer.Row;

/// All rows go through this process, in parts whose gradients add up.
///
/// @param atOnce rows of a part
record OwnGradients(Decoder decoder, int atOnce) implements Gradients {

    @Override
    public double backward(List<Row> rows, List<Row> mixedIn, double share) {
        double loss = 0;
        for (Batch.Part part : Batch.parts(rows, mixedIn, share, atOnce)) {
            try (PointerScope scope = new PointerScope()) {
                loss += part.batch().backward(decoder);
            }
        }
        return loss;
    }
}
