@NullMarked
package org.millrace.trainer.command;

import org.jspecify.annotations.NullMarked;
