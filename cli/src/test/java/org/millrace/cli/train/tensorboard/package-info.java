@NullMarked
package org.millrace.cli.train.tensorboard;

import org.jspecify.annotations.NullMarked;
