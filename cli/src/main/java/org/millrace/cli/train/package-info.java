/// Training runs from the command line: submitted to a running system, watched, listed, cancelled, reported.
/// Start at [SubmitCommand].
@NullMarked
package org.millrace.cli.train;

import org.jspecify.annotations.NullMarked;
