/// What is evaluated, and how it is read from files. Start at [org.millrace.cli.eval.task.TaskReader]; the format is
/// `docs/formats/eval.md`.
@NullMarked
package org.millrace.cli.eval.task;

import org.jspecify.annotations.NullMarked;
