/// How sure a figure is. Start at [org.millrace.cli.eval.statistics.Figure].
@NullMarked
package org.millrace.cli.eval.statistics;

import org.jspecify.annotations.NullMarked;
