@NullMarked
package org.millrace.cli.eval.task;

import org.jspecify.annotations.NullMarked;
