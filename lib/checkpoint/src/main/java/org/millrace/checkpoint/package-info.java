/// A model on disk: a Hugging Face directory and a manifest that tells whether it is whole.
///
/// Start at [Checkpoint]; [ModelConfig] says which tensors a model has, [Safetensors] holds them.
@NullMarked
package org.millrace.checkpoint;

import org.jspecify.annotations.NullMarked;
