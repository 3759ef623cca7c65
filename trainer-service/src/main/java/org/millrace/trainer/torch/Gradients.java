package org.millrace.trainer.torch;

import java.util.List;
import org.millrace.trainer.Row;

/// The loss of a batch, and its gradients, whoever works on its rows.
sealed interface Gradients permits OwnGradients, SummedGradients {

    /// Leaves the gradients of the whole batch at the parameters.
    ///
    /// @param rows of the whole batch, see [Batch#of(List, List, double)]
    /// @return nats, of the whole batch; if they are not finite, the gradients are not whole
    double backward(List<Row> rows, List<Row> mixedIn, double share);
}
