@NullMarked
package org.millrace.cli.eval.statistics;

import org.jspecify.annotations.NullMarked;
