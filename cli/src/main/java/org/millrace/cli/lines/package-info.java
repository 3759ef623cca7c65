/// Files of JSON lines. Start at [org.millrace.cli.lines.Lines].
@NullMarked
package org.millrace.cli.lines;

import org.jspecify.annotations.NullMarked;
