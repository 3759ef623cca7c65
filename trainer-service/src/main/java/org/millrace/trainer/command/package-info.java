/// Training from files, without a broker: start at [TrainFolderCommand].
@NullMarked
package org.millrace.trainer.command;

import org.jspecify.annotations.NullMarked;
