/// Figures of training runs as TensorBoard reads them.
@NullMarked
package org.millrace.cli.train.tensorboard;

import org.jspecify.annotations.NullMarked;
