/// What a step of training costs, beside the machine's matrix product: `./millrace bench train`.
@NullMarked
package org.millrace.trainer.torch.bench;

import org.jspecify.annotations.NullMarked;
