/// The stages on libtorch. Start at [org.millrace.trainer.torch.TorchTrainer]; the model is
/// [org.millrace.trainer.torch.Decoder].
///
/// Native memory: tensors made within a step belong to the step's `PointerScope` and are freed
/// with it; only numbers leave it. Parameters and the optimizer's state live outside any step, in
/// objects that are closed.
@NullMarked
package org.millrace.trainer.torch;

import org.jspecify.annotations.NullMarked;
