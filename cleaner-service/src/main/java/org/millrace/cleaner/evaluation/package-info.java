/// What models are examined with, and must not have read. Start at [EvaluationSets].
@NullMarked
package org.millrace.cleaner.evaluation;

import org.jspecify.annotations.NullMarked;
