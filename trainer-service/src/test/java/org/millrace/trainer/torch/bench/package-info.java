@NullMarked
package org.millrace.trainer.torch.bench;

import org.jspecify.annotations.NullMarked;
