/// Loops over rows of numbers that libtorch has no fused kernel for, on the lanes of the processor: what a
/// training step does between its matrix products, each in one pass over memory. They know no tensors, only
/// memory that the caller keeps alive and whose extents it has checked.
///
/// Start at [org.millrace.trainer.torch.kernel.Lanes].
@NullMarked
package org.millrace.trainer.torch.kernel;

import org.jspecify.annotations.NullMarked;
