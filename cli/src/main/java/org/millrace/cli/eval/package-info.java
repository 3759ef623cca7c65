/// `./millrace eval`: how good a model is, and how sure that is. Start at [org.millrace.cli.eval.EvalCommand]; what is
/// asked is in `task`, how sure the figures are in `statistics`.
@NullMarked
package org.millrace.cli.eval;

import org.jspecify.annotations.NullMarked;
